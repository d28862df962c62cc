/** From what the client knows to what the components show. Pure. */
import type { Chat, ChatMessage, Notice, Roster, RosterPerson, Status } from "@folkmoot/client";

import type { Connection, ConnectionKind, Message, Person, SaveState } from "./model";

export function connectionKind(status: Status): ConnectionKind {
  if (status.phase === "closed") {
    return status.reason?.code === "taken_over" ? "takenOver" : "closed";
  }
  if (status.phase !== "connected") return status.phase;
  if (status.savingPaused) return "paused";
  return status.justReconnected ? "reconnected" : "connected";
}

export function connectionOf(status: Status): Connection {
  return {
    kind: connectionKind(status),
    server: status.server ?? "",
    waiting: status.unsaved,
    ...(status.reason && { code: status.reason.code, message: status.reason.message }),
  };
}

/** Whose connection was lost is said to reconnect for so long, and to be away then. */
export const RECONNECTING_MS = 20_000;

function presenceOf(person: RosterPerson, nowMs: number): Person["presence"] {
  if (person.present) return "here";
  return nowMs - person.awayMs < RECONNECTING_MS ? "reconnecting" : "away";
}

/** Oneself first, then who is here, then who is away; each in the order of coming. */
export function peopleOf(roster: Roster, nowMs: number): Person[] {
  const people = roster.persons.map((person) => ({
    id: person.id,
    name: person.name,
    role: person.role,
    presence: presenceOf(person, nowMs),
    devices: person.devices,
    you: person.self,
  }));
  const rank = (person: Person) => (person.you ? 0 : person.presence === "away" ? 2 : 1);
  return people.toSorted((one, other) => rank(one) - rank(other));
}

type Views = WeakMap<object, { you: boolean; view: Message }>;

const NONE = {
  id: "",
  toName: "",
  reply: null,
  mentions: new Map<string, string>(),
  edited: false,
  deletedBy: "",
  reactions: new Map<string, readonly string[]>(),
} as const;

function savedView(message: ChatMessage, you: boolean): Message {
  return {
    id: message.id,
    key: message.id,
    author: message.author,
    name: message.name,
    you,
    text: message.text,
    time_ms: message.timeMs,
    to: message.to,
    toName: message.toName,
    reply: message.reply,
    mentions: message.mentions,
    edited: message.editedMs > 0,
    deletedBy: message.deletedBy,
    reactions: message.reactions,
    status: "saved",
  };
}

/** Shape: `views` keeps each message's view, so that what did not change is the same object. */
export function messageView(message: ChatMessage, person: string, views: Views): Message {
  const you = message.author === person;
  const known = views.get(message);
  if (known?.you === you) return known.view;
  const view = savedView(message, you);
  views.set(message, { you, view });
  return view;
}

/** Saved messages in the room's order, then what is not saved: others' and one's own. */
export function messagesOf(
  chat: Chat,
  own: { person: string; name: string },
  views: Views = new WeakMap(),
): Message[] {
  const saved = chat.messages.map((message) => messageView(message, own.person, views));
  for (const change of chat.changing) {
    const at = saved.findLastIndex((message) => message.id === change.message);
    const message = saved[at];
    if (message !== undefined) {
      saved[at] = { ...message, text: change.text ?? message.text, status: "sending" };
    }
  }
  const previews = chat.previews.map(
    (message): Message => ({
      ...NONE,
      key: `preview:${message.id}`,
      author: message.author,
      name: message.name,
      you: message.author === own.person,
      text: message.text,
      time_ms: message.timeMs,
      to: message.to,
      status: "unconfirmed",
    }),
  );
  const pending = chat.pending.map(
    (message): Message => ({
      ...NONE,
      key: message.operation,
      author: own.person,
      name: own.name,
      you: true,
      text: message.text,
      time_ms: message.atMs,
      to: message.to,
      status: message.state,
      ...(message.code !== null && { code: message.code }),
      ...(message.message !== null && { reason: message.message }),
    }),
  );
  return [...saved, ...previews, ...pending];
}

export function saveStateOf(
  saved: boolean,
  kind: ConnectionKind,
  notices: readonly Notice[],
  document: string,
): SaveState {
  if (notices.some((notice) => notice.document === document)) return "failed";
  if (saved) return "saved";
  return kind === "connected" || kind === "reconnected" ? "saving" : "waiting";
}
