/** The areas of the room on a phone, at the thumb. */
import { IconMessageCircle, IconNotes, IconUsers } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

export type Area = "notes" | "chat" | "people";

interface PhoneTabsProps {
  area: Area;
  unread: number;
  people: number;
  onArea: (area: Area) => void;
}

const AREAS = [
  { area: "notes", Icon: IconNotes },
  { area: "chat", Icon: IconMessageCircle },
  { area: "people", Icon: IconUsers },
] as const;

export function PhoneTabs({ area, unread, people, onArea }: PhoneTabsProps) {
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
            {one === "chat" && <UnreadBadge count={unread} />}
          </span>
          <span>
            {t(`room.${one}`)}
            {one === "people" && <span className="fm-tabs-count"> {people}</span>}
          </span>
        </button>
      ))}
    </nav>
  );
}

export function UnreadBadge({ count }: { count: number }) {
  const { t } = useTranslation();
  if (count === 0) return null;
  return (
    <span className="fm-unread">
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span className="fm-hidden">{t("room.unread", { count })}</span>
    </span>
  );
}
