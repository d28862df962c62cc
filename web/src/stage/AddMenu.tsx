/** What can be put on the stage anew. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Addition } from "./additions";

interface AddMenuProps {
  additions: readonly Addition[];
  disabled: boolean;
}

export function AddMenu({ additions, disabled }: AddMenuProps) {
  const { t } = useTranslation();
  if (additions.length === 0) return null;
  return (
    <Menu position="bottom-end" width={230} shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" disabled={disabled} aria-label={t("stage.add")}>
          <IconPlus size={18} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {additions.map(({ name, Icon, text, add }) => (
          <Menu.Item key={name} onClick={add}
            leftSection={<Icon size={17} stroke={1.7} aria-hidden="true" />}>
            {text}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
