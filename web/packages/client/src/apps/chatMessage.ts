/** One chat message, as it comes over the wire. Pure. */
import { isMap } from "../wire";

export interface ChatQuote {
  readonly id: string;
  readonly author: string;
  readonly name: string;
  /** The beginning of what is quoted; empty once that was deleted. */
  readonly text: string;
}

export interface ChatMessage {
  readonly id: string;
  /** Person id. */
  readonly author: string;
  /** The author's name at that time. */
  readonly name: string;
  readonly timeMs: number;
  readonly text: string;
  /** Empty for everyone, "hosts", or the person it was whispered to. */
  readonly to: string;
  readonly toName: string;
  readonly reply: ChatQuote | null;
  /** Persons, and the names by which the text calls them. */
  readonly mentions: ReadonlyMap<string, string>;
  /** 0 when it is as it was written. */
  readonly editedMs: number;
  /** Who deleted it; empty when nobody did. */
  readonly deletedBy: string;
  /** Who gave which emoji. */
  readonly reactions: ReadonlyMap<string, readonly string[]>;
}

const NO_MENTIONS: ReadonlyMap<string, string> = new Map();
const NO_REACTIONS: ReadonlyMap<string, readonly string[]> = new Map();

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

export function mentionsOf(value: unknown): ReadonlyMap<string, string> {
  if (!isMap(value)) return NO_MENTIONS;
  return new Map(Object.entries(value).map(([person, name]) => [person, textOf(name)]));
}

function reactionsOf(value: unknown): ReadonlyMap<string, readonly string[]> {
  if (!isMap(value)) return NO_REACTIONS;
  return new Map(
    Object.entries(value).map(([emoji, persons]) => [
      emoji,
      Array.isArray(persons) ? (persons as unknown[]).filter((p) => typeof p === "string") : [],
    ]),
  );
}

function quoteOf(value: unknown): ChatQuote | null {
  if (!isMap(value) || typeof value["id"] !== "string") return null;
  const { id, author, name, text } = value;
  return { id, author: textOf(author), name: textOf(name), text: textOf(text) };
}

export function messageOf(value: unknown): ChatMessage | null {
  if (!isMap(value) || typeof value["id"] !== "string") return null;
  if (typeof value["text"] !== "string") return null;
  return {
    id: value["id"],
    author: textOf(value["author"]),
    name: textOf(value["name"]),
    timeMs: numberOf(value["time_ms"]),
    text: value["text"],
    to: textOf(value["to"]),
    toName: textOf(value["to_name"]),
    reply: quoteOf(value["reply"]),
    mentions: mentionsOf(value["mentions"]),
    editedMs: numberOf(value["edited_ms"]),
    deletedBy: textOf(value["deleted_by"]),
    reactions: reactionsOf(value["reactions"]),
  };
}

export function messagesOf(value: unknown): ChatMessage[] {
  if (!Array.isArray(value)) return [];
  return (value as unknown[]).map(messageOf).filter((message) => message !== null);
}

/** Ids are `<sequence>.<index>`, and in the order of the log. */
export function compareIds(one: string, other: string): number {
  const [a = "", b = ""] = one.split(".");
  const [c = "", d = ""] = other.split(".");
  return Number(a) - Number(c) || Number(b) - Number(d);
}
