/** A document's history as the server tells it, and who wrote which part of a text. Pure. */
import { decode } from "@msgpack/msgpack";
import * as Y from "yjs";

import { isMap } from "../wire";
import { listOf, mapsOf, numberOf, textOf, type Values } from "./values";

/** How many characters (on a board: changes) somebody added and removed. */
export interface Writer {
  /** Empty for several together. */
  readonly person: string;
  readonly name: string;
  readonly added: number;
  readonly removed: number;
}

export interface DocumentVersion {
  readonly id: string;
  /** Sequence in the log up to which it holds all. */
  readonly position: number;
  readonly timeMs: number;
  /** Asked for by a person, kept by itself, or from right before a restoring. */
  readonly reason: "named" | "hourly" | "restore";
  /** Empty for one that goes some day. */
  readonly name: string;
  /** The person who asked for it, if any. */
  readonly by: string;
  readonly bytes: number;
  /** Who wrote since the version before it, those first who changed most. */
  readonly writers: readonly Writer[];
}

export interface DocumentHistory {
  /** Oldest first. */
  readonly versions: readonly DocumentVersion[];
  /** Those that are being made. */
  readonly wanted: readonly DocumentVersion[];
  /** What is being brought back: a version, or a point where that is empty. */
  readonly restoring: { readonly version: string; readonly by: string } | null;
}

export interface Author {
  readonly person: string;
  readonly name: string;
}

/** By Yjs client id. */
export type Authors = ReadonlyMap<number, Author>;

export interface VersionContent {
  readonly kind: string;
  readonly title: string;
  readonly position: number;
  readonly timeMs: number;
  /** One Yjs update with all of the document. */
  readonly state: Uint8Array;
  readonly authors: Authors;
}

/** A part of a text that one author wrote in one go, or that stands together. */
export interface AuthorRun {
  readonly text: string;
  /** The Yjs client id it was written under. */
  readonly number: number;
}

const REASONS: readonly unknown[] = ["named", "hourly", "restore"];

function writerOf(value: Values): Writer {
  return {
    person: textOf(value["person"]),
    name: textOf(value["name"]),
    added: numberOf(value["added"]),
    removed: numberOf(value["removed"]),
  };
}

function infoOf(value: Values): DocumentVersion {
  const reason = value["reason"];
  return {
    id: textOf(value["version"]),
    position: numberOf(value["position"]),
    timeMs: numberOf(value["time_ms"]),
    reason: REASONS.includes(reason) ? (reason as DocumentVersion["reason"]) : "hourly",
    name: textOf(value["name"]),
    by: textOf(value["by"]),
    bytes: numberOf(value["bytes"]),
    writers: mapsOf(value["writers"]).map(writerOf),
  };
}

export function historyOf(answer: unknown): DocumentHistory {
  const told: Values = isMap(answer) ? answer : {};
  const restoring = told["restoring"];
  return {
    versions: mapsOf(told["versions"]).map(infoOf),
    wanted: mapsOf(told["wanted"]).map(infoOf),
    restoring: isMap(restoring)
      ? { version: textOf(restoring["version"]), by: textOf(restoring["by"]) }
      : null,
  };
}

export function authorsOf(answer: unknown): Authors {
  const told: Values = isMap(answer) ? answer : {};
  const names: Values = isMap(told["persons"]) ? told["persons"] : {};
  const numbers: Values = isMap(told["numbers"]) ? told["numbers"] : {};
  return new Map(
    Object.entries(numbers).map(([number, value]) => {
      const person = textOf(value);
      return [Number(number), { person, name: textOf(names[person]) }];
    }),
  );
}

/** Throws `TypeError` for what is not a version. */
export function versionOf(bytes: Uint8Array): VersionContent {
  const told = decode(bytes);
  if (!isMap(told) || !(told["state"] instanceof Uint8Array)) {
    throw new TypeError("a version could not be read");
  }
  const persons = listOf(told["persons"]).map((entry): Author => {
    const [person, name] = listOf(entry);
    return { person: textOf(person), name: textOf(name) };
  });
  const numbers: Values = isMap(told["numbers"]) ? told["numbers"] : {};
  const authors = new Map<number, Author>();
  for (const [number, place] of Object.entries(numbers)) {
    const author = persons[numberOf(place)];
    if (author !== undefined) authors.set(Number(number), author);
  }
  return {
    kind: textOf(told["kind"]),
    title: textOf(told["title"]),
    position: numberOf(told["position"]),
    timeMs: numberOf(told["time_ms"]),
    state: told["state"],
    authors,
  };
}

/** Whose each part of a text is, in its order; marks and what is embedded are left out. */
export function authorRuns(text: Y.Text | Y.XmlText): AuthorRun[] {
  const runs: AuthorRun[] = [];
  // Yjs has no public way to the items; their ids are all that says who wrote them.
  const { _start: first } = text;
  for (let item = first; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue;
    const { str } = item.content;
    const number = item.id.client;
    const last = runs.at(-1);
    if (last?.number === number) runs[runs.length - 1] = { text: last.text + str, number };
    else runs.push({ text: str, number });
  }
  return runs;
}
