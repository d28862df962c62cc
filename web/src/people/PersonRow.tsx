/** One person: name, role, here or away, and what can be done about them. */
import { ActionIcon, Tooltip } from "@mantine/core";
import {
  IconCircleCheckFilled,
  IconCrown,
  IconMoonFilled,
  IconPencil,
  IconRefresh,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Person } from "../session/model";
import { Face } from "../ui/Face";
import { PersonMenu, type PersonActions } from "./PersonMenu";

const PRESENCE = {
  here: { Icon: IconCircleCheckFilled, key: "people.here" },
  reconnecting: { Icon: IconRefresh, key: "roles.reconnecting" },
  away: { Icon: IconMoonFilled, key: "people.away" },
} as const;

function Presence({ presence }: { presence: Person["presence"] }) {
  const { t } = useTranslation();
  const { Icon, key } = PRESENCE[presence];
  return (
    <span className="fm-presence" data-here={presence === "here" || undefined}>
      <Icon size={12} aria-hidden="true" />
      {t(key)}
    </span>
  );
}

interface PersonRowProps {
  person: Person;
  actions: PersonActions | undefined;
  onRename: (() => void) | undefined;
}

export function PersonRow({ person, actions, onRename }: PersonRowProps) {
  const { t } = useTranslation();
  const away = person.presence === "away";
  return (
    <div className="fm-person" data-away={away || undefined}>
      <Face person={person.id} name={person.name} faded={away} />
      <span className="fm-person-text">
        <span className="fm-person-name">
          <bdi>{person.name}</bdi>
          {person.you && <span className="fm-person-you">{t("people.you")}</span>}
        </span>
        <span className="fm-person-note">
          <Presence presence={person.presence} />
          {person.role !== "participant" && (
            <span className="fm-person-host">
              {person.role === "host" && <IconCrown size={13} stroke={1.9} aria-hidden="true" />}
              {t(`roles.role.${person.role}`)}
            </span>
          )}
          {person.devices > 1 && <span>{t("roles.devices", { count: person.devices })}</span>}
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
      {!person.you && actions && <PersonMenu person={person} actions={actions} />}
    </div>
  );
}
