/** Tells those who run the room, by voice too, who newly waits; a crowd is told once. */
import type { Waiting } from "@folkmoot/client";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { useAnnounce } from "../ui/announce";

export function useAnnounceKnocks(waiting: readonly Waiting[]): void {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const known = useRef(new Set<string>());
  useEffect(() => {
    const fresh = waiting.filter(({ id }) => !known.current.has(id));
    known.current = new Set(waiting.map(({ id }) => id));
    const [first] = fresh;
    if (first === undefined) return;
    announce(
      fresh.length === 1
        ? t("roles.knockAnnounce", { name: first.name })
        : t("roles.waitingTitle", { count: waiting.length }),
    );
  }, [waiting, announce, t]);
}
