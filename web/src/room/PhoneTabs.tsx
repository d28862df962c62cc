/** The areas of the room on a phone, at the thumb. */
import {
  IconChartBar,
  IconFiles,
  IconHelpCircle,
  IconListNumbers,
  IconMessageCircle,
  IconPresentation,
  IconUsers,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

export type Area = "notes" | "chat" | "people" | "files" | "polls" | "questions" | "agenda";

/** How much waits in an area: unread messages, new files, polls to vote in, questions. */
export interface Waiting {
  readonly chat: number;
  readonly files: number;
  readonly polls: number;
  readonly questions: number;
}

interface PhoneTabsProps {
  area: Area;
  waiting: Waiting;
  people: number;
  /** Somebody shows something to everyone. */
  shown: boolean;
  onArea: (area: Area) => void;
}

const AREAS = [
  { area: "notes", Icon: IconPresentation },
  { area: "chat", Icon: IconMessageCircle },
  { area: "people", Icon: IconUsers },
  { area: "files", Icon: IconFiles },
  { area: "polls", Icon: IconChartBar },
  { area: "questions", Icon: IconHelpCircle },
  { area: "agenda", Icon: IconListNumbers },
] as const;

export function PhoneTabs({ area, waiting, people, shown, onArea }: PhoneTabsProps) {
  const { t } = useTranslation();
  return (
    <nav className="fm-tabs" aria-label={t("room.areas")}>
      {AREAS.map(({ area: one, Icon }) => (
        <button
          key={one}
          type="button"
          aria-current={area === one ? "page" : undefined}
          onClick={() => onArea(one)}
        >
          <span className="fm-tabs-icon">
            <Icon size={22} stroke={1.7} aria-hidden="true" />
            <WaitingBadge area={one} waiting={waiting} />
            {one === "notes" && shown && (
              <span className="fm-tabs-shown">
                <span className="fm-hidden">{t("stage.shownMark")}</span>
              </span>
            )}
            {one === "people" && <span className="fm-tabs-count">{people}</span>}
          </span>
          <span>
            {t(one === "notes" ? "room.stage" : `room.${one}`)}
          </span>
        </button>
      ))}
    </nav>
  );
}

function Badge({ count, text }: { count: number; text: string }) {
  if (count === 0) return null;
  return (
    <span className="fm-unread">
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span className="fm-hidden">{text}</span>
    </span>
  );
}

export function UnreadBadge({ count }: { count: number }) {
  const { t } = useTranslation();
  return <Badge count={count} text={t("room.unread", { count })} />;
}

/** A number at an area's name, if something waits there. */
export function WaitingBadge({ area, waiting }: { area: Area; waiting: Waiting }) {
  const { t } = useTranslation();
  if (area === "chat") return <UnreadBadge count={waiting.chat} />;
  if (area === "files") {
    return <Badge count={waiting.files} text={t("files.unseen", { count: waiting.files })} />;
  }
  const { polls: count } = waiting;
  if (area === "polls") return <Badge count={count} text={t("polls.waiting", { count })} />;
  if (area !== "questions") return null;
  const { questions } = waiting;
  return <Badge count={questions} text={t("questions.count", { count: questions })} />;
}
