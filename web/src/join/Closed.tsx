/** Why one is not, or no longer, in a room: removed, denied, locked, full, over. */
import { Button, Group } from "@mantine/core";
import { IconBan, IconDoorExit, IconLock, IconUsersGroup } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** Shape: `hint` is a sentence on what to do, `again` whether asking once more makes sense. */
const KINDS = {
  banned: { Icon: IconBan, hint: "roles.bannedHint", again: false },
  removed: { Icon: IconDoorExit, hint: "roles.removedHint", again: true },
  denied: { Icon: IconDoorExit, hint: "roles.removedHint", again: true },
  ended: { Icon: IconDoorExit, hint: "roles.endedHint", again: false },
  room_ended: { Icon: IconDoorExit, hint: null, again: true },
  room_locked: { Icon: IconLock, hint: null, again: true },
  room_full: { Icon: IconUsersGroup, hint: null, again: true },
} as const;

export type ClosedCode = keyof typeof KINDS;

export function isClosedCode(code: string | undefined): code is ClosedCode {
  return code !== undefined && code in KINDS;
}

export function ClosedRoom({ code, onAgain }: { code: ClosedCode; onAgain: () => void }) {
  const { t } = useTranslation();
  const { Icon, hint, again } = KINDS[code];
  return (
    <div className="fm-card fm-notice" role="alert">
      <Icon size={36} stroke={1.3} aria-hidden="true" />
      <h1>{t(`codes.${code}`)}</h1>
      {hint !== null && <p>{t(hint)}</p>}
      <Group gap="sm" justify="center">
        <Button component="a" href="/" variant={again ? "default" : "filled"}>
          {t("join.home")}
        </Button>
        {again && <Button onClick={onAgain}>{t("roles.tryAgain")}</Button>}
      </Group>
    </div>
  );
}
