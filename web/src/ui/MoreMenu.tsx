/** The menu behind three dots, of what can be done with the thing it stands beside. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { ReactNode, RefObject } from "react";

interface MoreMenuProps {
  /** Names the thing, for who does not see what it stands beside. */
  label: string;
  width?: number;
  /** The button itself. */
  button?: RefObject<HTMLButtonElement | null>;
  children: ReactNode;
}

export function MoreMenu({ label, width, button, children }: MoreMenuProps) {
  return (
    <Menu position="bottom-end" width={width} shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon ref={button} variant="subtle" color="gray" aria-label={label}>
          <IconDots size={18} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
