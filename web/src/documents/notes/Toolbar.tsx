/** Bars of tools: one stop of the tab key, arrows go from tool to tool. */
import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import {
  createContext,
  useContext,
  useMemo,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from "react";

import { keysShown } from "./keys";
import type { IconType } from "./tools";

const Stop = createContext<{ stop: string; setStop: (id: string) => void }>({
  stop: "",
  setStop: () => undefined,
});

const STOPS = "[data-stop]";

/** Moves the focus along the tools; those that cannot be used now can still be reached and read. */
function onToolbarKey(event: KeyboardEvent<HTMLElement>): void {
  // Keys of a menu, which stands elsewhere in the page, come here, too.
  if (!event.currentTarget.contains(event.target as HTMLElement)) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>(STOPS)];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const rtl = getComputedStyle(event.currentTarget).direction === "rtl";
  const steps: Record<string, number> = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 };
  const step = steps[event.key];
  const target =
    event.key === "Home" ? 0
    : event.key === "End" ? stops.length - 1
    : step === undefined || at < 0 ? undefined
    : (at + step + stops.length) % stops.length;
  if (target === undefined) return;
  event.preventDefault();
  stops[target]?.focus();
}

interface ToolbarProps {
  label: string;
  /** The tool that Tab comes to first. Caller: another `key` when it may be gone. */
  first: string;
  className?: string;
  children: ReactNode;
}

export function Toolbar({ label, first, className = "fm-toolbar", children }: ToolbarProps) {
  const [stop, setStop] = useState(first);
  const value = useMemo(() => ({ stop, setStop }), [stop]);
  return (
    <Stop value={value}>
      {/* The tools inside take the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus */}
      <div className={className} role="toolbar" aria-label={label} onKeyDown={onToolbarKey}>
        {children}
      </div>
    </Stop>
  );
}

/** What makes an element one of the toolbar's stops. */
export function useStop(id: string) {
  const { stop, setStop } = useContext(Stop);
  return {
    "data-stop": id,
    tabIndex: stop === id ? 0 : -1,
    onFocus: () => setStop(id),
  };
}

interface ToolButtonProps {
  id: string;
  label: string;
  Icon: IconType;
  keys?: string | undefined;
  active?: boolean | undefined;
  blocked?: boolean;
  onClick: () => void;
}

export function ToolButton(props: ToolButtonProps) {
  const { id, label, Icon, keys, active, blocked = false, onClick } = props;
  const stop = useStop(id);
  const shown = keys === undefined ? label : `${label} (${keysShown(keys)})`;
  return (
    <Tooltip label={shown} openDelay={400}>
      <ActionIcon
        {...stop}
        variant={active ? "light" : "subtle"}
        color={active ? undefined : "gray"}
        size={32}
        aria-label={label}
        aria-pressed={active}
        aria-disabled={blocked || undefined}
        data-blocked={blocked || undefined}
        onClick={() => {
          if (!blocked) onClick();
        }}
      >
        <Icon size={18} stroke={1.7} aria-hidden="true" />
      </ActionIcon>
    </Tooltip>
  );
}

interface ToolMenuProps {
  id: string;
  label: string;
  Icon: IconType;
  /** Shown beside the sign. */
  text?: string | undefined;
  active?: boolean;
  blocked?: boolean;
  children: ReactNode;
}

/** A tool that opens a menu. */
export function ToolMenu(props: ToolMenuProps) {
  const { id, label, Icon, text, active = false, blocked = false, children } = props;
  const stop = useStop(id);
  const [opened, setOpened] = useState(false);
  return (
    <Menu
      opened={opened && !blocked}
      onChange={setOpened}
      position="bottom-start"
      shadow="md"
      withinPortal
    >
      <Menu.Target>
        <button
          {...stop}
          type="button"
          className="fm-toolmenu"
          aria-label={label}
          title={label}
          aria-disabled={blocked || undefined}
          data-blocked={blocked || undefined}
          data-active={active || undefined}
        >
          <Icon size={18} stroke={1.7} aria-hidden="true" />
          {text !== undefined && <span>{text}</span>}
          <IconChevronDown size={13} stroke={2} aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown className="fm-toolmenu-list">{children}</Menu.Dropdown>
    </Menu>
  );
}

interface ToolItemProps {
  label: string;
  Icon: IconType;
  keys?: string | undefined;
  active?: boolean | undefined;
  blocked?: boolean;
  onClick: () => void;
}

export function ToolItem({ label, Icon, keys, active, blocked = false, onClick }: ToolItemProps) {
  return (
    <Menu.Item
      leftSection={<Icon size={17} stroke={1.7} aria-hidden="true" />}
      rightSection={keys && <span className="fm-keys">{keysShown(keys)}</span>}
      role={active === undefined ? "menuitem" : "menuitemcheckbox"}
      aria-checked={active}
      data-active={active || undefined}
      disabled={blocked}
      onClick={onClick}
    >
      {label}
    </Menu.Item>
  );
}
