/**
 * Chat as the page holds it: what a person can do there, and what is shown of it.
 *
 * Keeps the state that `apps/chat` advances; says how far somebody read, and that they are typing,
 * no more often than is useful.
 */
import {
  type Chat,
  chatAfter,
  type ChatMessage,
  chatOfView,
  chatReplaced,
  type ChatState,
  chatWithEarlier,
  compareIds,
  NO_CHAT,
  placeOf,
  TO_EVERYONE,
  TO_HOSTS,
} from "./apps/chat";
import { messagesOf } from "./apps/chatMessage";
import type { Event } from "./generated/frames.gen";
import { Cell, type Observable } from "./observable";
import { type OperationView, pendingChanges, pendingMessages, type Submitted } from "./operations";
import { NO_PREVIEWS, previewMessages, type Previews } from "./previews";
import { isMap } from "./wire";

export const TYPING_TOPIC = "chat/typing";
const TYPING_EVERY_MS = 3_000;
/** Somebody who typed is shown for so long, unless they say it again. */
const TYPING_SHOWN_MS = 5_000;
const TYPING_PERSONS_MAX = 50;
const READ_EVERY_MS = 15_000;
const EARLIER_COUNT = 200;
/** Pages loaded to get to one message. */
const REACH_PAGES = 30;
const EMPTY: Chat = {
  ...NO_CHAT,
  previews: [],
  pending: [],
  changing: [],
  typing: [],
};

export interface ChatHost {
  get(query: string, args: unknown): Promise<unknown>;
  submit(type: string, body: unknown): Submitted;
  sendLive(topic: string, body: unknown): boolean;
  /** Shows what changed outside a burst of frames. */
  settle(): void;
  self(): string | null;
  nowMs(): number;
}

export interface Say {
  readonly text: string;
  /** Empty for everyone, "hosts", or a person. */
  readonly to?: string;
  /** Id of the message that this answers. */
  readonly reply?: string;
  /** Persons' ids. */
  readonly mentions?: readonly string[];
}

export interface Found {
  /** Oldest first. */
  readonly messages: readonly ChatMessage[];
  /** Whether it is worth searching on, from `before`. */
  readonly more: boolean;
  readonly before: string;
}

/** What was edited or deleted, for who was a host then. */
export interface TraceEntry {
  readonly id: string;
  readonly what: "edited" | "deleted";
  readonly byName: string;
  readonly name: string;
  readonly timeMs: number;
  /** How the message began before; empty when that is not known. */
  readonly text: string;
}

export class ChatHandle {
  readonly shown: Observable<Chat>;
  private readonly cell = new Cell<Chat>(EMPTY);
  private state: ChatState = NO_CHAT;
  private drawn: readonly unknown[] = [];
  private atEnd = true;
  private typedMs = Number.NEGATIVE_INFINITY;
  private typing = new Map<string, number>();
  private typingTimer: ReturnType<typeof setTimeout> | null = null;
  private readMark = "";
  private readSent = "";
  private readTimer: ReturnType<typeof setTimeout> | null = null;
  private loading: Promise<boolean> | null = null;

  constructor(private readonly host: ChatHost) {
    this.shown = this.cell;
  }

  // What a person does

  say({ text, to = TO_EVERYONE, reply = "", mentions = [] }: Say): Submitted {
    this.typedMs = Number.NEGATIVE_INFINITY;
    const body = {
      text,
      ...(reply !== "" && { reply }),
      ...(mentions.length > 0 && { mentions: [...mentions] }),
    };
    if (to === TO_EVERYONE) return this.host.submit("post", body);
    if (to === TO_HOSTS) return this.host.submit("ask", body);
    return this.host.submit("whisper", { ...body, to });
  }

  edit(id: string, text: string, mentions: readonly string[] = []): Submitted {
    return this.host.submit("edit", {
      id,
      text,
      ...(mentions.length > 0 && { mentions: [...mentions] }),
    });
  }

  delete(id: string): Submitted {
    return this.host.submit("delete", { id });
  }

  react(id: string, emoji: string, on: boolean): Submitted {
    return this.host.submit("react", { id, emoji, on });
  }

  /** Pins a message for everyone; an empty id takes it down. */
  pin(id: string): Submitted {
    return this.host.submit("pin", { id });
  }

  /** Somebody writes to everyone: tells the others, now and then. */
  type(): void {
    const now = this.host.nowMs();
    if (now - this.typedMs < TYPING_EVERY_MS) return;
    if (this.host.sendLive(TYPING_TOPIC, null)) this.typedMs = now;
  }

  /** This person has read so far; their other devices hear of it in a while. */
  markRead(id: string): void {
    if (compareIds(id, this.readMark) <= 0 || compareIds(id, this.state.read) <= 0) return;
    this.readMark = id;
    this.readTimer ??= setTimeout(() => this.flushRead(), READ_EVERY_MS);
  }

  /** Tells at once how far this person has read: the page may be gone soon. */
  flushRead(): void {
    if (this.readTimer !== null) clearTimeout(this.readTimer);
    this.readTimer = null;
    const mark = this.readMark;
    if (mark === this.readSent || compareIds(mark, this.state.read) <= 0) return;
    this.readSent = mark;
    void this.host.submit("read", { id: mark });
  }

  /** Whether the newest message is in view: only then may the oldest loaded ones be let go. */
  setAtEnd(atEnd: boolean): void {
    this.atEnd = atEnd;
  }

  /** Loads older messages; false when there are none, or another view came between. */
  async loadEarlier(count = EARLIER_COUNT): Promise<boolean> {
    this.loading ??= this.load(count).finally(() => (this.loading = null));
    return this.loading;
  }

  private async load(count: number): Promise<boolean> {
    const { before, earlier } = this.state;
    if (!earlier || before === "") return false;
    const answer = await this.host.get("chat", { before, count });
    if (this.state.before !== before) return false;
    this.state = chatWithEarlier(this.state, answer);
    this.host.settle();
    return true;
  }

  /** Loads until a message is there; false when it is not, or lies too far back. */
  async reach(id: string): Promise<boolean> {
    for (let page = 0; page < REACH_PAGES && !this.has(id); page += 1) {
      const first = this.state.messages[0];
      if (first !== undefined && compareIds(first.id, id) < 0) return false;
      if (!(await this.loadEarlier())) return false;
    }
    return this.has(id);
  }

  private has(id: string): boolean {
    return this.state.messages[placeOf(this.state.messages, id)]?.id === id;
  }

  /** Messages with all the words, from the newest back; asked on with `before`. */
  async search(text: string, before = ""): Promise<Found> {
    const answer = await this.host.get("chat.search", { text, before });
    if (!isMap(answer)) return { messages: [], more: false, before: "" };
    return {
      messages: messagesOf(answer["messages"]),
      more: answer["earlier"] === true,
      before: typeof answer["before"] === "string" ? answer["before"] : "",
    };
  }

  async trace(): Promise<readonly TraceEntry[]> {
    const answer = await this.host.get("chat.trace", {});
    const entries: unknown = isMap(answer) ? answer["entries"] : null;
    if (!Array.isArray(entries)) return [];
    return (entries as unknown[]).filter(isMap).map((entry) => ({
      id: String(entry["id"]),
      what: entry["what"] === "edited" ? "edited" : "deleted",
      byName: String(entry["by_name"]),
      name: String(entry["name"]),
      timeMs: Number(entry["time_ms"]),
      text: String(entry["text"]),
    }));
  }

  // What the server says

  replaced(view: unknown): void {
    this.state = chatReplaced(this.state, chatOfView(view));
  }

  followed(event: Event, timeMs: number): void {
    this.state = chatAfter(this.state, event, timeMs, this.host.self(), !this.atEnd);
    if (event.type === "posted" && this.typing.delete(event.author)) this.retype();
  }

  heard(person: string): void {
    if (person === "" || person === this.host.self()) return;
    if (this.typing.size >= TYPING_PERSONS_MAX && !this.typing.has(person)) return;
    this.typing.set(person, this.host.nowMs() + TYPING_SHOWN_MS);
    this.retype();
    this.typingTimer ??= setTimeout(() => this.stopTyping(), TYPING_SHOWN_MS);
  }

  private stopTyping(): void {
    this.typingTimer = null;
    const now = this.host.nowMs();
    const left = [...this.typing].filter(([, untilMs]) => untilMs > now);
    this.typing = new Map(left);
    const next = Math.min(...left.map(([, untilMs]) => untilMs));
    if (left.length > 0) this.typingTimer = setTimeout(() => this.stopTyping(), next - now);
    this.host.settle();
  }

  private retype(): void {
    this.typing = new Map(this.typing);
  }

  /** Shows what came of a burst of effects, once. */
  settle(operations: readonly OperationView[], previews: Previews = NO_PREVIEWS): void {
    const now = [this.state, operations, previews, this.typing];
    if (now.every((part, at) => part === this.drawn[at])) return;
    this.drawn = now;
    const { before: _, touchedMs: __, ...state } = this.state;
    this.cell.set({
      ...state,
      previews: previewMessages(previews),
      pending: pendingMessages(operations),
      changing: pendingChanges(operations),
      typing: [...this.typing.keys()],
    });
  }

  destroy(): void {
    if (this.typingTimer !== null) clearTimeout(this.typingTimer);
    if (this.readTimer !== null) clearTimeout(this.readTimer);
  }
}
