/** Chat: messages from a view, the events after it, and older ones as they are asked for. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import { type ChatMessage, compareIds, messageOf, messagesOf, mentionsOf } from "./chatMessage";

export type { ChatMessage, ChatQuote } from "./chatMessage";
export { compareIds } from "./chatMessage";

export const TO_EVERYONE = "";
export const TO_HOSTS = "hosts";

export interface PendingMessage {
  readonly operation: string;
  readonly text: string;
  readonly to: string;
  readonly atMs: number;
  readonly state: "sending" | "failed";
  readonly code: string | null;
  readonly message: string | null;
}

/** A change of a message that is on its way; without a text it is a deletion. */
export interface PendingChange {
  readonly message: string;
  readonly text: string | null;
}

/** Somebody else's message that is not confirmed yet. */
export interface PreviewMessage {
  readonly id: string;
  readonly author: string;
  readonly name: string;
  readonly timeMs: number;
  readonly text: string;
  readonly to: string;
}

export interface Chat {
  readonly messages: readonly ChatMessage[];
  readonly previews: readonly PreviewMessage[];
  readonly pending: readonly PendingMessage[];
  readonly changing: readonly PendingChange[];
  /** Whether there are older messages to load. */
  readonly earlier: boolean;
  readonly pinned: ChatMessage | null;
  readonly pinnedBy: string;
  /** The last message this person has read, on any device; empty before there was one. */
  readonly read: string;
  /** Messages of others after it, also those that are not loaded. */
  readonly unread: number;
  /** Persons who are writing to everyone just now. */
  readonly typing: readonly string[];
}

export interface ChatState {
  readonly messages: readonly ChatMessage[];
  readonly earlier: boolean;
  /** Older ones are asked for before this. */
  readonly before: string;
  readonly pinned: ChatMessage | null;
  readonly pinnedBy: string;
  readonly read: string;
  readonly unread: number;
  /** When anything was edited or deleted last. */
  readonly touchedMs: number;
}

/** More are not kept while the newest is in view; older ones can be asked for again. */
const MESSAGES_MAX = 5_000;
const MESSAGES_KEPT = 4_000;
const QUOTE_CHARACTERS = 200;

export const NO_CHAT: ChatState = {
  messages: [],
  earlier: false,
  before: "",
  pinned: null,
  pinnedBy: "",
  read: "",
  unread: 0,
  touchedMs: 0,
};

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function chatOfView(view: unknown): ChatState {
  if (!isMap(view)) return NO_CHAT;
  const messages = messagesOf(view["messages"]);
  return {
    messages,
    earlier: view["earlier"] === true,
    before: messages[0]?.id ?? "",
    ...pinnedOf(view["pinned"]),
    read: textOf(view["read"]),
    unread: numberOf(view["unread"]),
    touchedMs: numberOf(view["touched_ms"]),
  };
}

function pinnedOf(value: unknown): Pick<ChatState, "pinned" | "pinnedBy"> {
  if (!isMap(value)) return { pinned: null, pinnedBy: "" };
  return { pinned: messageOf(value), pinnedBy: textOf(value["pinned_by"]) };
}

/** Shape: `self` is this person; `keep` whether somebody reads above, who is not to lose it. */
export function chatAfter(
  state: ChatState,
  event: Event,
  timeMs: number,
  self: string | null = null,
  keep = false,
): ChatState {
  if (!isMap(event.body)) return state;
  const { body } = event;
  switch (event.type) {
    case "posted":
      return posted(state, event, timeMs, self, keep);
    case "edited":
      return edited(state, body, timeMs);
    case "deleted":
      return deleted(state, body, timeMs);
    case "reacted":
      return changed(state, textOf(body["id"]), (message) => reacted(message, body));
    case "pinned":
      return { ...state, ...pinnedOf(body["message"]) };
    case "read":
      return readThrough(state, textOf(body["id"]), self);
    default:
      return state;
  }
}

function posted(
  state: ChatState,
  event: Event,
  timeMs: number,
  self: string | null,
  keep: boolean,
): ChatState {
  const body = isMap(event.body) ? event.body : {};
  const message = messageOf({ ...body, author: event.author, time_ms: timeMs });
  if (message === null) return state;
  const unread = state.unread + (message.author === self || state.read === "" ? 0 : 1);
  const before = state.messages.length === 0 ? message.id : state.before;
  const all = [...state.messages, message];
  if (keep || all.length <= MESSAGES_MAX) return { ...state, messages: all, unread, before };
  const messages = all.slice(-MESSAGES_KEPT);
  return { ...state, messages, earlier: true, before: messages[0]?.id ?? "", unread };
}

function changed(
  state: ChatState,
  id: string,
  change: (message: ChatMessage) => ChatMessage,
): ChatState {
  const at = placeOf(state.messages, id);
  const message = state.messages[at];
  if (message?.id !== id) return state;
  return { ...state, messages: state.messages.with(at, change(message)) };
}

/** Where a message is, or would be: they are in the order of their ids. */
export function placeOf(messages: readonly ChatMessage[], id: string): number {
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareIds(messages[middle]?.id ?? "", id) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function edited(state: ChatState, body: Record<string, unknown>, timeMs: number): ChatState {
  const [id, text] = [textOf(body["id"]), textOf(body["text"])];
  const change = (message: ChatMessage): ChatMessage => ({
    ...message,
    text,
    mentions: mentionsOf(body["mentions"]),
    editedMs: numberOf(body["edited_ms"]),
  });
  const after = requoted(changed(state, id, change), id, text);
  const pinned = state.pinned?.id === id ? change(state.pinned) : state.pinned;
  return { ...after, pinned, touchedMs: Math.max(state.touchedMs, timeMs) };
}

function deleted(state: ChatState, body: Record<string, unknown>, timeMs: number): ChatState {
  const [id, by] = [textOf(body["id"]), textOf(body["by"])];
  const after = changed(state, id, (message) => {
    // A host may name what they cannot see; that has no effect, and is told to everyone.
    const { to, author } = message;
    if (to !== TO_EVERYONE && to !== TO_HOSTS && by !== author && by !== to) return message;
    const nothing = { text: "", reply: null, mentions: new Map(), reactions: new Map() };
    return { ...message, ...nothing, deletedBy: by };
  });
  return { ...requoted(after, id, ""), touchedMs: Math.max(state.touchedMs, timeMs) };
}

function requoted(state: ChatState, id: string, text: string): ChatState {
  if (!state.messages.some((message) => message.reply?.id === id)) return state;
  const quote = [...text].slice(0, QUOTE_CHARACTERS).join("");
  const messages = state.messages.map((message) =>
    message.reply?.id === id ? { ...message, reply: { ...message.reply, text: quote } } : message,
  );
  return { ...state, messages };
}

function reacted(message: ChatMessage, body: Record<string, unknown>): ChatMessage {
  const { emoji, person, on } = body;
  if (typeof emoji !== "string" || typeof person !== "string") return message;
  const given = (message.reactions.get(emoji) ?? []).filter((one) => one !== person);
  if (on === true) given.push(person);
  const reactions = new Map(message.reactions);
  if (given.length > 0) reactions.set(emoji, given);
  else reactions.delete(emoji);
  return { ...message, reactions };
}

function readThrough(state: ChatState, read: string, self: string | null): ChatState {
  const later = state.messages.slice(placeOf(state.messages, read));
  const unread = later.filter((m) => m.author !== self && m.id !== read && m.deletedBy === "");
  return { ...state, read, unread: unread.length };
}

/** Adds the answer to a query for messages before the oldest one. */
export function chatWithEarlier(state: ChatState, answer: unknown): ChatState {
  if (!isMap(answer)) return state;
  const first = state.messages[0]?.id;
  const older = messagesOf(answer["messages"]).filter(
    (message) => first === undefined || compareIds(message.id, first) < 0,
  );
  const before = textOf(answer["before"]) || (older[0]?.id ?? state.before);
  const earlier = answer["earlier"] === true;
  return { ...state, messages: [...older, ...state.messages], before, earlier };
}

/**
 * The new view in place of the old state, with the older messages that were loaded before, if they
 * join up and nothing was edited or deleted meanwhile: a person who reads back is not thrown to the
 * end, and nobody is shown what was taken back.
 */
export function chatReplaced(before: ChatState, view: ChatState): ChatState {
  const first = view.messages[0];
  if (first === undefined || view.touchedMs > before.touchedMs) return view;
  const at = placeOf(before.messages, first.id);
  if (at === 0 || before.messages[at]?.id !== first.id) return view;
  const messages = [...before.messages.slice(0, at), ...view.messages];
  return { ...view, messages, earlier: before.earlier, before: before.before };
}
