/** What a panel says while there is nothing in it. */
import type { IconChartBar } from "@tabler/icons-react";

interface EmptyPanelProps {
  Icon: typeof IconChartBar;
  title: string;
  hint: string;
}

export function EmptyPanel({ Icon, title, hint }: EmptyPanelProps) {
  return (
    <div className="fm-talk-empty">
      <Icon size={30} stroke={1.4} aria-hidden="true" />
      <p>{title}</p>
      <p className="fm-talk-note">{hint}</p>
    </div>
  );
}
