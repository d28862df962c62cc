/** Arranges messages as rows: days, the line above what is new, and messages in groups. */
import { sameDay } from "../lib/time";
import type { Message } from "../session/model";

export type Row =
  | { kind: "day"; key: string; time_ms: number }
  | { kind: "new"; key: string }
  | { kind: "message"; key: string; message: Message; first: boolean; last: boolean };

/** Messages of one author within this time stand together under one name. */
export const GROUP_MS = 5 * 60_000;

function together(one: Message | undefined, next: Message | undefined): boolean {
  return (
    one !== undefined &&
    next !== undefined &&
    one.author === next.author &&
    one.name === next.name &&
    next.time_ms - one.time_ms < GROUP_MS &&
    sameDay(one.time_ms, next.time_ms)
  );
}

/** Shape: `newFrom` is the key of the first message the person has not seen, if any. */
export function rowsOf(messages: readonly Message[], newFrom?: string): Row[] {
  const rows: Row[] = [];
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    const after = messages[index + 1];
    if (before === undefined || !sameDay(before.time_ms, message.time_ms)) {
      rows.push({ kind: "day", key: `day-${message.key}`, time_ms: message.time_ms });
    }
    const divided = message.key === newFrom;
    if (divided) rows.push({ kind: "new", key: "new" });
    rows.push({
      kind: "message",
      key: message.key,
      message,
      first: divided || !together(before, message),
      last: after?.key === newFrom || !together(message, after),
    });
  });
  return rows;
}
