/** Which messages the person has not seen yet, remembered over reloads and on other devices. */
import { type Chat, compareIds } from "@folkmoot/client";
import { useCallback, useEffect, useMemo, useState } from "react";

import { read, write } from "../lib/storage";
import type { Message } from "../session/model";

export interface Unread {
  count: number;
  /** Key of the first unread message. */
  first?: string;
}

/** Messages of others after the one that was read last; counted from the newest back. */
export function unreadOf(messages: readonly Message[], seen: string): Unread {
  let count = 0;
  let first: string | undefined;
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const message = messages[at];
    if (message === undefined || message.id === "") continue;
    if (compareIds(message.id, seen) <= 0) break;
    if (message.you || message.deletedBy !== "") continue;
    count += 1;
    first = message.key;
  }
  return first === undefined ? { count } : { count, first };
}

function newestOf(messages: readonly Message[]): string {
  return messages.findLast((message) => message.id !== "")?.id ?? "";
}

interface UnreadState {
  count: number;
  /** Key of the message above which the line "New messages" stands. */
  divider: string | undefined;
  clearDivider: () => void;
}

interface Known extends Pick<Chat, "read" | "unread"> {
  /** Once the messages are the room's. */
  ready: boolean;
  /** While the newest message is in view. */
  reading: boolean;
  onRead: (id: string) => void;
}

function later(one: string, other: string): string {
  return compareIds(one, other) >= 0 ? one : other;
}

export function useUnread(slug: string, messages: readonly Message[], known: Known): UnreadState {
  const { ready, reading, onRead } = known;
  const stored = `folkmoot.read.${slug}`;
  const [here, setHere] = useState(() => read(stored) ?? "");
  const [divider, setDivider] = useState<string>();
  const newest = useMemo(() => newestOf(messages), [messages]);
  const seen = later(here, known.read);
  const unread: Unread = useMemo(
    () => (ready && seen !== "" ? unreadOf(messages, seen) : { count: 0 }),
    [messages, ready, seen],
  );
  const { first } = unread;
  // More may wait than what is loaded: the server has counted them.
  const count = seen === known.read ? Math.max(unread.count, known.unread) : unread.count;

  useEffect(() => {
    if (!ready || newest === "") return;
    // Who comes for the first time has missed nothing.
    if (seen === "" || (reading && compareIds(newest, seen) > 0)) {
      setHere(newest);
      write(stored, newest);
      onRead(newest);
    }
  }, [ready, reading, newest, seen, stored, onRead]);

  useEffect(() => {
    if (first !== undefined && !reading) setDivider(first);
  }, [first, reading]);

  const clearDivider = useCallback(() => setDivider(undefined), []);
  return { count: reading ? 0 : count, divider, clearDivider };
}
