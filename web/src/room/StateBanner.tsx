/** Says what a person must decide on: the session went on elsewhere, or has ended. */
import { Button } from "@mantine/core";
import { IconAlertTriangle, IconPlugConnectedX, IconWindowMaximize } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Connection } from "../session/model";
import { sentenceOf } from "../session/sentence";

interface StateBannerProps {
  connection: Connection;
  /** Whether this browser can keep unsent work. */
  keptHere: boolean;
  onContinue: () => void;
  onJoinAgain: () => void;
}

/** Ends that only another version of the page can mend. */
const RELOAD_CODES = new Set(["version_unsupported", "frame_malformed", "frame_too_large"]);

export function StateBanner({ connection, keptHere, onContinue, onJoinAgain }: StateBannerProps) {
  const { t, i18n } = useTranslation();
  if (connection.kind === "takenOver") {
    return (
      <div className="fm-banner" role="alert">
        <IconWindowMaximize size={22} stroke={1.6} aria-hidden="true" />
        <div>
          <strong>{t("ended.takenOverTitle")}</strong>
          <p>{t("ended.takenOverText")}</p>
        </div>
        <Button onClick={onContinue}>{t("ended.takenOverAction")}</Button>
      </div>
    );
  }
  if (connection.kind === "closed") {
    const reload = RELOAD_CODES.has(connection.code ?? "");
    return (
      <div className="fm-banner" role="alert" data-bad>
        <IconPlugConnectedX size={22} stroke={1.6} aria-hidden="true" />
        <div>
          <strong>{t("ended.closedTitle")}</strong>
          <p>{sentenceOf(i18n, connection)}</p>
        </div>
        <Button variant="default" component="a" href="/">
          {t("room.home")}
        </Button>
        <Button onClick={reload ? () => location.reload() : onJoinAgain}>
          {reload ? t("ended.reload") : t("ended.joinAgain")}
        </Button>
      </div>
    );
  }
  if (!keptHere && connection.waiting > 0) {
    return (
      <div className="fm-banner" data-bad>
        <IconAlertTriangle size={22} stroke={1.6} aria-hidden="true" />
        <p>{t("connection.notKept")}</p>
      </div>
    );
  }
  return null;
}
