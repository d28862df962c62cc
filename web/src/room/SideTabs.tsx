/** What stands at the side of the stage: chat with people, files, polls, questions, agenda. */
import { useTranslation } from "react-i18next";

import { type Area, type Waiting, WaitingBadge } from "./PhoneTabs";

interface SideTabsProps {
  area: Area;
  waiting: Waiting;
  onArea: (area: Area) => void;
}

export const SIDE_AREAS = ["chat", "files", "polls", "questions", "agenda"] as const;

/** The side's area: people stand above the chat there, and the notes are on the stage. */
export function sideOf(area: Area): (typeof SIDE_AREAS)[number] {
  return SIDE_AREAS.find((one) => one === area) ?? "chat";
}

export function SideTabs({ area, waiting, onArea }: SideTabsProps) {
  const { t } = useTranslation();
  const shown = sideOf(area);
  return (
    <nav className="fm-sidetabs" aria-label={t("room.areas")}>
      {SIDE_AREAS.map((one) => (
        <button key={one} type="button" aria-current={one === shown ? "page" : undefined}
          onClick={() => onArea(one)}>
          {t(`room.${one}`)}
          <WaitingBadge area={one} waiting={waiting} />
        </button>
      ))}
    </nav>
  );
}
