/** The menu behind three dots, of what can be done with the thing it stands beside. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface MoreMenuProps {
  /** Names the thing, for who does not see what it stands beside. */
  label: string;
  width?: number;
  children: ReactNode;
}

export function MoreMenu({ label, width, children }: MoreMenuProps) {
  return (
    <Menu position="bottom-end" width={width} shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={label}>
          <IconDots size={18} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
