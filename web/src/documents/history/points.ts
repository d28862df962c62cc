/** Points of a document's history: one for each moment, grouped by who wrote when. Pure. */
import type { Author, Authors, Edit } from "@folkmoot/client";
import * as Y from "yjs";

import { sameDay } from "../../lib/time";

export interface Point {
  /** Position in the log. */
  position: number;
  timeMs: number;
  /** Yjs client ids of those whose edits came with it. */
  numbers: readonly number[];
}

/** Points of some minutes that are one line of the list. */
export interface Group {
  /** Places of its first and its last point among all. */
  first: number;
  last: number;
  fromMs: number;
  timeMs: number;
  edits: number;
  /** Those first who wrote first. */
  writers: readonly Author[];
}

/** Somebody whom nobody knows any more. */
const NOBODY: Author = { person: "", name: "" };

/** Who made an edit. */
export function authorOf(authors: Authors, number: number): Author {
  return authors.get(number) ?? NOBODY;
}

const GAP_MS = 3 * 60_000;
const SPAN_MS = 10 * 60_000;
/** Somebody else who begins after so long a silence begins a group. */
const OTHER_MS = 20_000;

/** The points that edits make, oldest first; those that came together are one. */
export function pointsOf(edits: readonly Edit[]): Point[] {
  const points: Point[] = [];
  for (const { position, timeMs, number } of edits) {
    const last = points.at(-1);
    if (last?.position !== position) points.push({ position, timeMs, numbers: [number] });
    else if (!last.numbers.includes(number)) {
      points[points.length - 1] = { ...last, numbers: [...last.numbers, number] };
    }
  }
  return points;
}

/** Groups of points, oldest first. */
export function groupsOf(points: readonly Point[], authors: Authors): Group[] {
  const groups: (Omit<Group, "writers"> & { known: Map<string, Author> })[] = [];
  for (const [at, { timeMs, numbers }] of points.entries()) {
    const writers = numbers.map((number) => authorOf(authors, number));
    let group = groups.at(-1);
    const isNew = (one: NonNullable<typeof group>) =>
      timeMs - one.timeMs > GAP_MS ||
      timeMs - one.fromMs > SPAN_MS ||
      !sameDay(one.fromMs, timeMs) ||
      (timeMs - one.timeMs > OTHER_MS && writers.some(({ person }) => !one.known.has(person)));
    if (group === undefined || isNew(group)) {
      group = { first: at, last: at, fromMs: timeMs, timeMs, edits: 0, known: new Map() };
      groups.push(group);
    }
    group.last = at;
    group.timeMs = timeMs;
    group.edits += 1;
    for (const writer of writers) {
      if (!group.known.has(writer.person)) group.known.set(writer.person, writer);
    }
  }
  return groups.map(({ known, ...group }) => ({ ...group, writers: [...known.values()] }));
}

/** The document as it was at a position. Caller: destroys it. */
export function documentAt(
  ground: Uint8Array | null,
  edits: readonly Edit[],
  position: number,
): Y.Doc {
  const ydoc = new Y.Doc();
  ydoc.transact(() => {
    if (ground !== null) Y.applyUpdate(ydoc, ground);
    for (const edit of edits) {
      if (edit.position > position) break;
      Y.applyUpdate(ydoc, edit.update);
    }
  });
  return ydoc;
}
