/** A row of tools: one stop of the tab key; arrows, Home and End go from tool to tool. */
import { ActionIcon, Tooltip } from "@mantine/core";
import {
  createContext,
  useContext,
  useMemo,
  useState,
  type ComponentProps,
  type ComponentType,
  type KeyboardEvent,
  type ReactNode,
} from "react";

interface Stops {
  stop: string;
  setStop: (name: string) => void;
}

const Stop = createContext<Stops>({ stop: "", setStop: () => undefined });

function onKey(event: KeyboardEvent<HTMLElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("button[data-tool]")];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  const rtl = getComputedStyle(event.currentTarget).direction === "rtl";
  const steps: Record<string, number> = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 };
  const step = steps[event.key];
  const target =
    event.key === "Home" ? 0
    : event.key === "End" ? buttons.length - 1
    : step === undefined ? undefined
    : (at + step + buttons.length) % buttons.length;
  if (target === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  buttons[target]?.focus();
}

interface ToolbarProps {
  label: string;
  /** Name of the tool that the tab key comes to at first. */
  first: string;
  children: ReactNode;
}

export function Toolbar({ label, first, children }: ToolbarProps) {
  const [stop, setStop] = useState(first);
  const stops = useMemo(() => ({ stop, setStop }), [stop]);
  return (
    <Stop value={stops}>
      {/* The buttons inside take the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus */}
      <div className="fm-toolbar" role="toolbar" aria-label={label} onKeyDown={onKey}>
        {children}
      </div>
    </Stop>
  );
}

interface ToolButtonProps extends Omit<ComponentProps<"button">, "name" | "color"> {
  name: string;
  label: string;
  Icon?: ComponentType<{ size?: number; stroke?: number; "aria-hidden"?: "true" }>;
  keys?: string;
  pressed?: boolean;
  /** It can be reached and says what it is, but does nothing now. */
  blocked?: boolean;
  children?: ReactNode;
}

export function ToolButton(props: ToolButtonProps) {
  const { name, label, Icon, keys, pressed, blocked = false, onClick, children, ...rest } = props;
  const { stop, setStop } = useContext(Stop);
  return (
    <Tooltip label={keys ? `${label} (${keys})` : label} openDelay={400}>
      <ActionIcon
        {...rest}
        variant={pressed === true ? "light" : "subtle"}
        {...(pressed !== true && { color: "gray" })}
        size={32}
        data-tool={name}
        aria-label={label}
        aria-pressed={pressed}
        aria-disabled={blocked || undefined}
        data-blocked={blocked || undefined}
        tabIndex={stop === name ? 0 : -1}
        onFocus={() => setStop(name)}
        onClick={(event) => {
          if (!blocked) onClick?.(event);
        }}
      >
        {Icon && <Icon size={18} stroke={1.7} aria-hidden="true" />}
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
