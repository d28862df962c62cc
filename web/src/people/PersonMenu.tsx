/** What those who run the room can do about one person. */
import type { Role } from "@folkmoot/client";
import { ROLES } from "@folkmoot/client";
import { ActionIcon, Menu } from "@mantine/core";
import { IconCheck, IconDotsVertical } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Person } from "../session/model";

export interface PersonActions {
  /** One's own role: nobody decides about those of the same rank or above, but a host. */
  own: Role;
  onRole: (person: Person, role: Role) => void;
  onHandOver: (person: Person) => void;
  onRename: (person: Person) => void;
  onLobby: (person: Person) => void;
  onRemove: (person: Person) => void;
}

export function mayDecide(own: Role, other: Role): boolean {
  return own === "host" || (own === "co-host" && other !== "host" && other !== "co-host");
}

export function PersonMenu({ person, actions }: { person: Person; actions: PersonActions }) {
  const { t } = useTranslation();
  const { own } = actions;
  if (!mayDecide(own, person.role)) return null;
  const given = ROLES.filter((role) => own === "host" || role !== "host");
  return (
    <Menu position="bottom-end" width={230} shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t("roles.menu", { name: person.name })}
        >
          <IconDotsVertical size={16} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("roles.give")}</Menu.Label>
        {given.map((role) => (
          <Menu.Item
            key={role}
            aria-current={role === person.role || undefined}
            disabled={role === person.role}
            rightSection={role === person.role && <IconCheck size={14} aria-hidden="true" />}
            onClick={() => actions.onRole(person, role)}
          >
            {t(`roles.role.${role}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        {own === "host" && person.presence === "here" && (
          <Menu.Item onClick={() => actions.onHandOver(person)}>{t("roles.handOver")}</Menu.Item>
        )}
        <Menu.Item onClick={() => actions.onRename(person)}>{t("roles.rename")}</Menu.Item>
        <Menu.Item onClick={() => actions.onLobby(person)}>{t("roles.toLobby")}</Menu.Item>
        <Menu.Item c="var(--fm-bad)" onClick={() => actions.onRemove(person)}>
          {t("roles.remove")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
