/** A list beside what is chosen in it; on a small screen one of the two. */
import { Button } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface SidesProps {
  narrow: boolean;
  list: ReactNode;
  /** Where the way back from what is chosen leads. */
  back: string;
  onBack: () => void;
  actions: ReactNode;
  /** What is chosen; nothing where nothing is. */
  children: ReactNode;
}

export function Sides({ narrow, list, back, onBack, actions, children }: SidesProps) {
  const shown = children !== undefined && children !== null && children !== false;
  return (
    <div className="fm-history" data-narrow={narrow || undefined}>
      {(!narrow || !shown) && <div className="fm-history-list">{list}</div>}
      {shown && (
        <div className="fm-history-shown">
          <div className="fm-history-head">
            {narrow && (
              <Button size="compact-sm" variant="subtle" onClick={onBack}
                leftSection={<IconArrowLeft size={15} className="fm-flip" aria-hidden="true" />}>
                {back}
              </Button>
            )}
            {actions}
          </div>
          {children}
        </div>
      )}
    </div>
  );
}
