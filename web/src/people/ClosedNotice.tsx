/** Says that something is closed just now, and by whom; nothing while it is open. */
import { IconLock } from "@tabler/icons-react";

interface ClosedNoticeProps {
  text: string | undefined;
  /** For the button or field that it describes. */
  id?: string;
}

export function ClosedNotice({ text, id }: ClosedNoticeProps) {
  if (text === undefined) return null;
  return (
    <output className="fm-locks" id={id}>
      <IconLock size={15} stroke={1.8} aria-hidden="true" />
      {text}
    </output>
  );
}
