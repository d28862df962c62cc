/** Chat: messages from a view, the events after it, and older ones as they are asked for. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";

export interface ChatMessage {
  readonly id: string;
  /** Person id. */
  readonly author: string;
  /** The author's name at that time. */
  readonly name: string;
  readonly timeMs: number;
  readonly text: string;
  readonly self: boolean;
}

export interface PendingMessage {
  readonly operation: string;
  readonly text: string;
  readonly atMs: number;
  readonly state: "sending" | "failed";
  readonly code: string | null;
  readonly message: string | null;
}

/** Somebody else's message that is not confirmed yet. */
export interface PreviewMessage {
  readonly id: string;
  readonly author: string;
  readonly name: string;
  readonly timeMs: number;
  readonly text: string;
}

export interface Chat {
  readonly messages: readonly ChatMessage[];
  readonly previews: readonly PreviewMessage[];
  readonly pending: readonly PendingMessage[];
  /** Whether there are older messages to load. */
  readonly earlier: boolean;
}

type Message = Omit<ChatMessage, "self">;

export interface ChatState {
  readonly messages: readonly Message[];
  readonly earlier: boolean;
}

/** More than so many are not kept here; the older ones can be asked for again. */
const MESSAGES_MAX = 5_000;
const MESSAGES_KEPT = 4_000;

export const NO_CHAT: ChatState = { messages: [], earlier: false };

function messagesOf(value: unknown): Message[] {
  if (!Array.isArray(value)) return [];
  const messages: Message[] = [];
  for (const item of value as unknown[]) {
    if (!isMap(item)) continue;
    const { id, author, name, time_ms: time, text } = item;
    if (typeof id !== "string" || typeof text !== "string") continue;
    messages.push({
      id,
      author: String(author),
      name: String(name),
      timeMs: typeof time === "number" ? time : 0,
      text,
    });
  }
  return messages;
}

export function chatOfView(view: unknown): ChatState {
  if (!isMap(view)) return NO_CHAT;
  return { messages: messagesOf(view["messages"]), earlier: view["earlier"] === true };
}

export function chatAfter(state: ChatState, event: Event, timeMs: number): ChatState {
  if (event.type !== "posted" || !isMap(event.body)) return state;
  const { id, name, text } = event.body;
  if (typeof id !== "string" || typeof text !== "string") return state;
  const message = { id, author: event.author, name: String(name), timeMs, text };
  const messages = [...state.messages, message];
  if (messages.length <= MESSAGES_MAX) return { messages, earlier: state.earlier };
  return { messages: messages.slice(-MESSAGES_KEPT), earlier: true };
}

/** Adds the answer to a query for messages before the oldest one. */
export function chatWithEarlier(state: ChatState, answer: unknown): ChatState {
  if (!isMap(answer)) return state;
  const known = new Set(state.messages.map((message) => message.id));
  const older = messagesOf(answer["messages"]).filter((message) => !known.has(message.id));
  return { messages: [...older, ...state.messages], earlier: answer["earlier"] === true };
}

/**
 * The new view in place of the old state, with the older messages that were loaded before, if they
 * join up: a person who reads back is not thrown to the end.
 */
export function chatReplaced(before: ChatState, view: ChatState): ChatState {
  const first = view.messages[0];
  if (first === undefined) return view;
  const at = before.messages.findIndex((message) => message.id === first.id);
  if (at <= 0) return view;
  return { messages: [...before.messages.slice(0, at), ...view.messages], earlier: before.earlier };
}

/** Shape: `views` keeps each message's view, so that what did not change is the same object. */
export function chatView(
  state: ChatState,
  previews: readonly PreviewMessage[],
  pending: readonly PendingMessage[],
  self: string | null,
  views: WeakMap<object, ChatMessage>,
): Chat {
  const messages = state.messages.map((message) => {
    const own = message.author === self;
    const known = views.get(message);
    if (known?.self === own) return known;
    const view = { ...message, self: own };
    views.set(message, view);
    return view;
  });
  return { messages, previews, pending, earlier: state.earlier };
}
