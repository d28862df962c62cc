/** Tells screen readers of new messages: one is read out, many at once are counted. */
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { Message } from "../session/model";

const GATHER_MS = 1_000;
const READ_CHARACTERS_MAX = 200;

export function useAnnounceMessages(
  messages: readonly Message[],
  ready: boolean,
  announce: (text: string) => void,
): void {
  const { t } = useTranslation();
  const known = useRef<number>(undefined);
  const waiting = useRef<Message[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => {
    if (!ready) return;
    const before = known.current;
    const saved = messages.filter((message) => message.status === "saved");
    known.current = Math.max(before ?? 0, saved.at(-1)?.time_ms ?? 0);
    if (before === undefined) return;
    waiting.current.push(...saved.filter((m) => !m.you && m.time_ms > before));
    if (waiting.current.length === 0 || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      const [first, ...others] = waiting.current.splice(0);
      if (first === undefined) return;
      const text = first.text.slice(0, READ_CHARACTERS_MAX);
      announce(
        others.length === 0
          ? t("chat.announce", { name: first.name, text })
          : t("chat.announceMany", { count: others.length + 1 }),
      );
    }, GATHER_MS);
  }, [messages, ready, announce, t]);

  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
