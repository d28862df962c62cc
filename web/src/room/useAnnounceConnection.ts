/** Tells changes of the connection once each; a blip shorter than a moment is not worth a word. */
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { ConnectionKind } from "../session/model";
import { useAnnounce } from "../ui/announce";

const SETTLE_MS = 1_000;

export function useAnnounceConnection(kind: ConnectionKind): void {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const told = useRef<ConnectionKind>("connected");
  useEffect(() => {
    const timer = setTimeout(() => {
      const before = told.current;
      const now = kind === "reconnected" ? "connected" : kind;
      if (now === "connecting" || now === before) return;
      told.current = now;
      if (now === "reconnecting") announce(t("connection.announceReconnecting"));
      if (now === "paused") announce(t("connection.announcePaused"));
      if (now === "connected" && before === "reconnecting") {
        announce(t("connection.announceReconnected"));
      }
      if (now === "connected" && before === "paused") announce(t("connection.announceResumed"));
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [kind, announce, t]);
}
