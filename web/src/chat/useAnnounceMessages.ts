/** Tells screen readers of new messages: one is read out, many at once are counted. */
import { compareIds } from "@folkmoot/client";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { Message } from "../session/model";

const GATHER_MS = 1_000;
const READ_CHARACTERS_MAX = 200;

function newest(messages: readonly Message[]): string {
  return messages.findLast((message) => message.id !== "")?.id ?? "";
}

/** Others' messages after `before`, from the end back: a long list costs nothing. */
function after(messages: readonly Message[], before: string): Message[] {
  const found: Message[] = [];
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const message = messages[at];
    if (message === undefined || message.id === "") continue;
    if (compareIds(message.id, before) <= 0) break;
    if (!message.you) found.unshift(message);
  }
  return found;
}

/** Shape: `you` is this person: what mentions them is always read out. */
export function useAnnounceMessages(
  messages: readonly Message[],
  ready: boolean,
  you: string,
  announce: (text: string) => void,
): void {
  const { t } = useTranslation();
  const known = useRef<string>(undefined);
  const waiting = useRef<Message[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => {
    if (!ready) return;
    const before = known.current;
    known.current = newest(messages) || before || "";
    if (before === undefined) return;
    waiting.current.push(...after(messages, before));
    if (waiting.current.length === 0 || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      const all = waiting.current.splice(0);
      const told = all.find((m) => m.mentions.has(you)) ?? all[0];
      if (told === undefined) return;
      const parts = { name: told.name, text: told.text.slice(0, READ_CHARACTERS_MAX) };
      const said = told.mentions.has(you)
        ? t("chat.announceMention", parts)
        : told.to !== ""
          ? t("chat.announcePrivate", parts)
          : t("chat.announce", parts);
      const more = all.length - 1;
      if (told.mentions.has(you) && more > 0) {
        announce(`${said} ${t("chat.announceMany", { count: more })}`);
      } else announce(more === 0 ? said : t("chat.announceMany", { count: more + 1 }));
    }, GATHER_MS);
  }, [messages, ready, you, announce, t]);

  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
