/** Which messages the person has not seen yet, remembered over reloads. */
import { useCallback, useEffect, useMemo, useState } from "react";

import { read, write } from "../lib/storage";
import type { Message } from "../session/model";

export interface Unread {
  count: number;
  /** Key of the first unread message. */
  first?: string;
}

/** Units: `seen_ms` is the time of the newest message that was seen; the log's time never falls. */
export function unreadOf(messages: readonly Message[], seen_ms: number): Unread {
  const missed = messages.filter(
    (message) => !message.you && message.status === "saved" && message.time_ms > seen_ms,
  );
  const first = missed[0];
  return first === undefined ? { count: 0 } : { count: missed.length, first: first.key };
}

function newestOf(messages: readonly Message[]): number {
  return messages.reduce(
    (newest, message) => (message.status === "saved" ? Math.max(newest, message.time_ms) : newest),
    0,
  );
}

interface UnreadState {
  count: number;
  /** Key of the message above which the line "New messages" stands. */
  divider: string | undefined;
  clearDivider: () => void;
}

/** Caller: `ready` once the messages are the room's; `reading` while the newest one is in view. */
export function useUnread(
  slug: string,
  messages: readonly Message[],
  ready: boolean,
  reading: boolean,
): UnreadState {
  const stored = `folkmoot.seen.${slug}`;
  const [seen_ms, setSeen] = useState<number | undefined>(() => {
    const value = Number(read(stored));
    return value > 0 ? value : undefined;
  });
  const [divider, setDivider] = useState<string>();
  const newest_ms = useMemo(() => newestOf(messages), [messages]);
  const unread = useMemo(
    () => (ready && seen_ms !== undefined ? unreadOf(messages, seen_ms) : { count: 0 }),
    [messages, ready, seen_ms],
  );
  const { first } = unread as Unread;

  useEffect(() => {
    if (!ready) return;
    // Who comes for the first time has missed nothing.
    if (seen_ms === undefined || (reading && newest_ms > seen_ms)) {
      setSeen(newest_ms);
      write(stored, String(Math.max(1, newest_ms)));
    }
  }, [ready, reading, newest_ms, seen_ms, stored]);

  useEffect(() => {
    if (first !== undefined && !reading) setDivider(first);
  }, [first, reading]);

  const clearDivider = useCallback(() => setDivider(undefined), []);
  return { count: reading ? 0 : unread.count, divider, clearDivider };
}
