/** What others did and the log has not confirmed yet: shown apart until that is decided. Pure. */
import type { PreviewMessage } from "./apps/chat";
import type { Event, PendingEvent } from "./generated/frames.gen";
import { isMap } from "./wire";

export interface Preview extends PendingEvent {
  readonly atMs: number;
}

export type Previews = readonly Preview[];

export const NO_PREVIEWS: Previews = [];

const PREVIEWS_MAX = 1_000;
/** Nothing stays undecided for so long; whoever would tell may be gone. */
const LASTING_MS = 60_000;

/** Shape: `own` is this session's number, whose operations are shown otherwise. */
export function previewsAfter(
  before: Previews,
  events: readonly PendingEvent[],
  own: number | null,
  nowMs: number,
): Previews {
  const lasting = before.filter((preview) => nowMs - preview.atMs < LASTING_MS);
  const known = new Set(lasting.map(({ number, counter }) => `${number}/${counter}`));
  const added = events.filter(
    ({ number, counter }) => number !== own && !known.has(`${number}/${counter}`),
  );
  return [...lasting, ...added.map((event) => ({ ...event, atMs: nowMs }))].slice(-PREVIEWS_MAX);
}

/** The log has decided all of that session through a counter. */
export function previewsSettled(before: Previews, number: number, through: number): Previews {
  const after = before.filter((one) => one.number !== number || one.counter > through);
  return after.length === before.length ? before : after;
}

/** An event decides its operation, and all before it of its session. */
export function previewsFollowed(before: Previews, events: readonly Event[]): Previews {
  if (before.length === 0) return before;
  return events.reduce((left, event) => previewsSettled(left, event.number, event.counter), before);
}

export function previewMessages(previews: Previews): PreviewMessage[] {
  return previews.flatMap(({ number, counter, app, type, author, body, atMs }) => {
    if (app !== "chat" || type !== "posted" || !isMap(body)) return [];
    const { name, text, to } = body;
    if (typeof text !== "string") return [];
    const id = `${number}/${counter}`;
    return [{ id, author, name: String(name), timeMs: atMs, text, to: String(to ?? "") }];
  });
}
