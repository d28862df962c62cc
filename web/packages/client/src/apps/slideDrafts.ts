/** Marks that others are drawing just now, as live messages tell them. Pure. */
import type { LiveMessage } from "../flow";
import { isMap } from "../wire";
import { DRAFT_TOPIC, markOf, type SlideMark } from "./slides";

export interface SlideDraft {
  /** The session that draws: one has one hand. */
  readonly number: number;
  readonly deck: string;
  readonly mark: SlideMark;
  readonly atMs: number;
}

export type SlideDrafts = readonly SlideDraft[];

export const NO_DRAFTS: SlideDrafts = [];

/** Who draws says so again every second; after this long the hand, or its connection, is gone. */
export const DRAFT_FADES_MS = 3_000;
/** More than so many at once are not shown. */
const DRAFTS_MAX = 20;
const COLOUR = /^#[0-9a-f]{6}$/iu;

function draftOf({ number, person, body }: LiveMessage, atMs: number): SlideDraft | null {
  if (!isMap(body) || typeof body["deck"] !== "string") return null;
  const mark = markOf(body, person, true);
  if (mark === null || mark.id === "" || !COLOUR.test(mark.colour)) return null;
  if (mark.points.length === 0) return null;
  // Whoever sends it is who draws it, whatever it says.
  return { number, deck: body["deck"], mark: { ...mark, person }, atMs };
}

/** What a session says takes the place of what it said before; anything odd takes that away. */
export function draftsAfter(drafts: SlideDrafts, said: LiveMessage, atMs: number): SlideDrafts {
  if (said.topic !== DRAFT_TOPIC) return drafts;
  const others = drafts.filter(({ number }) => number !== said.number);
  const draft = draftOf(said, atMs);
  if (draft === null) return others.length === drafts.length ? drafts : others;
  return [...others, draft].slice(-DRAFTS_MAX);
}

/** Those that are still being drawn; those whose marks are known are not. */
export function draftsAt(
  drafts: SlideDrafts,
  atMs: number,
  marks: readonly Pick<SlideMark, "id">[] = [],
): SlideDrafts {
  const known = new Set(marks.map(({ id }) => id));
  const left = drafts.filter(
    (draft) => atMs - draft.atMs < DRAFT_FADES_MS && !known.has(draft.mark.id),
  );
  return left.length === drafts.length ? drafts : left;
}
