/** Messages for tests. */
import type { Message } from "../session/model";

export const NOON_MS = Date.UTC(2026, 10, 23, 12);

export function message(key: string, parts: Partial<Message> = {}): Message {
  return {
    id: key,
    key,
    author: "p2",
    name: "Grace",
    you: false,
    text: `text of ${key}`,
    time_ms: NOON_MS,
    to: "",
    toName: "",
    reply: null,
    mentions: new Map(),
    edited: false,
    deletedBy: "",
    reactions: new Map(),
    status: "saved",
    ...parts,
  };
}

export function own(key: string, parts: Partial<Message> = {}): Message {
  return message(key, { author: "p1", name: "Ada", you: true, ...parts });
}
