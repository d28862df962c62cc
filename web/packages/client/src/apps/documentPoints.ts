/** Points between the versions of a document, as the server tells them. Pure. */
import { decode } from "@msgpack/msgpack";

import { isMap } from "../wire";
import { listOf, mapsOf, numberOf, textOf, type Values } from "./values";

/** Edits that are read together, and what they begin with. */
export interface Stretch {
  /** Position in the log that it begins with. */
  readonly since: number;
  /** Position of its last edit; 0 where it still grows. */
  readonly position: number;
  /** Time of its first and of its last edit; 0 where it still grows. */
  readonly fromMs: number;
  readonly timeMs: number;
  readonly edits: number;
  /** Hash of the segment with the edits; empty for those that are in none yet. */
  readonly segment: string;
  /** Hash of what it begins with; empty for an empty document. */
  readonly ground: string;
}

/** One update: what the document is at `position` has it and all before it. */
export interface Edit {
  readonly position: number;
  readonly timeMs: number;
  /** The Yjs client id it was written under. */
  readonly number: number;
  readonly update: Uint8Array;
}

export interface Recent {
  readonly since: number;
  readonly edits: readonly Edit[];
  readonly more: boolean;
  /** Position and index of the last edit, to ask for those after it. */
  readonly last: readonly [number, number];
}

function stretchOf(value: Values): Stretch {
  return {
    since: numberOf(value["since"]),
    position: numberOf(value["position"]),
    fromMs: numberOf(value["from_ms"]),
    timeMs: numberOf(value["time_ms"]),
    edits: numberOf(value["edits"]),
    segment: textOf(value["segment"]),
    ground: textOf(value["ground"]),
  };
}

/** Oldest first. */
export function stretchesOf(answer: unknown): readonly Stretch[] {
  const told: Values = isMap(answer) ? answer : {};
  const recent: Values = isMap(told["recent"]) ? told["recent"] : {};
  const stretches = mapsOf(told["segments"]).map(stretchOf);
  if (numberOf(recent["edits"]) === 0) return stretches;
  return [...stretches, stretchOf({ ...recent, ground: recent["sha256"] })];
}

function editOf(position: unknown, timeMs: unknown, number: unknown, update: unknown): Edit {
  if (!(update instanceof Uint8Array)) throw new TypeError("an edit could not be read");
  const [at, when, who] = [numberOf(position), numberOf(timeMs), numberOf(number)];
  return { position: at, timeMs: when, number: who, update };
}

/** The edits of a segment. Throws `TypeError` for what is none. */
export function editsOf(bytes: Uint8Array): readonly Edit[] {
  const told = decode(bytes);
  if (!isMap(told)) throw new TypeError("a segment could not be read");
  return listOf(told["edits"]).map((value) => {
    const [position, timeMs, number, update] = listOf(value);
    return editOf(position, timeMs, number, update);
  });
}

/** What a segment begins with. Throws `TypeError` for what is none. */
export function groundOf(bytes: Uint8Array): Uint8Array {
  const told = decode(bytes);
  if (!isMap(told) || !(told["state"] instanceof Uint8Array)) {
    throw new TypeError("what a segment begins with could not be read");
  }
  return told["state"];
}

export function recentOf(answer: unknown): Recent {
  const told: Values = isMap(answer) ? answer : {};
  let last: readonly [number, number] = [0, 0];
  const edits = listOf(told["edits"]).map((value) => {
    const [position, index, timeMs, number, update] = listOf(value);
    last = [numberOf(position), numberOf(index)];
    return editOf(position, timeMs, number, update);
  });
  return { since: numberOf(told["since"]), edits, more: told["more"] === true, last };
}
