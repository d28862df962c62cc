/** Says what is closed just now for somebody of this role. */
import { isOpen, type Locks, type Role } from "@folkmoot/client";
import { IconLock } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

const CLOSED = { notes: "roles.notesClosed", chat: "roles.chatClosed" } as const;

interface LocksNoticeProps {
  setting: keyof typeof CLOSED;
  locks: Locks;
  role: Role | undefined;
}

export function LocksNotice({ setting, locks, role }: LocksNoticeProps) {
  const { t } = useTranslation();
  if (role === undefined || isOpen(locks, setting, role)) return null;
  return (
    <output className="fm-locks">
      <IconLock size={15} stroke={1.8} aria-hidden="true" />
      {t(locks.suspended ? "roles.suspendedNotice" : CLOSED[setting])}
    </output>
  );
}
