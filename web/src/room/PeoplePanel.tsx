/** Who is in the room: name, host or not, here or away. */
import { IconCircleCheckFilled, IconCrown, IconMoonFilled, IconPencil } from "@tabler/icons-react";
import { ActionIcon, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Person } from "../session/model";
import { Face } from "../ui/Face";

interface PeoplePanelProps {
  people: readonly Person[];
  onRename?: () => void;
}

function Presence({ here }: { here: boolean }) {
  const { t } = useTranslation();
  const Icon = here ? IconCircleCheckFilled : IconMoonFilled;
  return (
    <span className="fm-presence" data-here={here || undefined}>
      <Icon size={12} aria-hidden="true" />
      {t(here ? "people.here" : "people.away")}
    </span>
  );
}

export function PeoplePanel({ people, onRename }: PeoplePanelProps) {
  const { t } = useTranslation();
  const count = people.filter((person) => person.here).length;
  return (
    <>
      <h2 className="fm-panel-title" id="fm-people-title">
        {t("room.people")}
        <span className="fm-panel-note">{t("people.count", { count })}</span>
      </h2>
      <ul className="fm-people" aria-label={t("people.list")}>
        {people.map((person) => (
          <li key={person.id} className="fm-person" data-away={!person.here || undefined}>
            <Face person={person.id} name={person.name} faded={!person.here} />
            <span className="fm-person-text">
              <span className="fm-person-name">
                <bdi>{person.name}</bdi>
                {person.you && <span className="fm-person-you">{t("people.you")}</span>}
              </span>
              <span className="fm-person-note">
                <Presence here={person.here} />
                {person.host && (
                  <span className="fm-person-host">
                    <IconCrown size={13} stroke={1.9} aria-hidden="true" />
                    {t("people.host")}
                  </span>
                )}
              </span>
            </span>
            {person.you && onRename && (
              <Tooltip label={t("room.rename")}>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t("room.rename")}
                  onClick={onRename}
                >
                  <IconPencil size={16} stroke={1.8} aria-hidden="true" />
                </ActionIcon>
              </Tooltip>
            )}
          </li>
        ))}
      </ul>
      {people.length === 1 && <p className="fm-people-alone">{t("people.alone")}</p>}
    </>
  );
}
