/** Whole-page messages around joining: unknown room, no server. */
import { Button, Group } from "@mantine/core";
import { IconCloudOff, IconDoorExit, IconMapOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

export function UnknownRoom() {
  const { t } = useTranslation();
  return (
    <div className="fm-card fm-notice" role="alert">
      <IconMapOff size={36} stroke={1.3} aria-hidden="true" />
      <h1>{t("join.unknown")}</h1>
      <p>{t("join.unknownHint")}</p>
      <Button component="a" href="/" variant="light">
        {t("join.home")}
      </Button>
    </div>
  );
}

export function RoomUnavailable({ reason, onAgain }: { reason: string; onAgain: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="fm-card fm-notice" role="alert">
      <IconCloudOff size={36} stroke={1.3} aria-hidden="true" />
      <h1>{reason}</h1>
      <Button onClick={onAgain}>{t("join.again")}</Button>
    </div>
  );
}

export function LeftRoom({ title, onAgain }: { title: string; onAgain: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="fm-card fm-notice" role="alert">
      <IconDoorExit size={36} stroke={1.3} aria-hidden="true" className="fm-flip" />
      <h1>{t("ended.leftTitle", { title })}</h1>
      <p>{t("ended.leftText")}</p>
      <Group gap="sm" justify="center">
        <Button component="a" href="/">
          {t("join.home")}
        </Button>
        <Button variant="default" onClick={onAgain}>
          {t("ended.joinAgain")}
        </Button>
      </Group>
    </div>
  );
}
