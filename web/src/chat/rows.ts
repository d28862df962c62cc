/** Arranges messages as rows: days, the line above what is new, and messages in groups. */
import { sameDay } from "../lib/time";
import type { Message } from "../session/model";

/**
 * One message and what stands above it. Those lines are no rows of their own: every row then keeps
 * its key when older messages come in, and with it the list keeps its place.
 */
export interface Row {
  message: Message;
  /** Begins a day. */
  day: boolean;
  /** The first that was not seen. */
  divided: boolean;
  /** First and last of a group under one name. */
  first: boolean;
  last: boolean;
}

/** Messages of one author within this time stand together under one name. */
export const GROUP_MS = 5 * 60_000;

function together(one: Message | undefined, next: Message | undefined): boolean {
  return (
    one !== undefined &&
    next !== undefined &&
    one.author === next.author &&
    one.name === next.name &&
    one.to === next.to &&
    next.time_ms - one.time_ms < GROUP_MS &&
    sameDay(one.time_ms, next.time_ms)
  );
}

/** The row of one message. Shape: `newFrom` is the key of the first one not seen, if any. */
export function rowAt(messages: readonly Message[], index: number, newFrom?: string): Row | null {
  const message = messages[index];
  if (message === undefined) return null;
  const before = messages[index - 1];
  const after = messages[index + 1];
  const divided = message.key === newFrom;
  return {
    message,
    day: before === undefined || !sameDay(before.time_ms, message.time_ms),
    divided,
    first: divided || !together(before, message),
    last: after?.key === newFrom || !together(message, after),
  };
}

export function rowsOf(messages: readonly Message[], newFrom?: string): Row[] {
  return messages.flatMap((_, index) => rowAt(messages, index, newFrom) ?? []);
}
