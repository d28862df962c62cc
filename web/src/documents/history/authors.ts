/** Whose each part of a version is, and what of it is gone since. Pure but for reading Yjs. */
import { authorRuns, type Authors, type VersionContent } from "@folkmoot/client";
import type { Node } from "@tiptap/pm/model";
import * as Y from "yjs";

import type { ColourOf } from "../../ui/colours";

export interface Run {
  /** Yjs client id. */
  number: number;
  /** In characters as JavaScript counts them. */
  length: number;
}

export interface Known {
  key: string;
  name: string;
  color: string;
}

const NESTING_MAX = 64;

/** The texts of a document in the order in which they are read. */
export type Texts = readonly (Y.XmlText | Y.Text)[];

/** Who a Yjs client id is; one that nobody knows any more is nobody. */
export function knownAuthor(authors: Authors, number: number, colourOf: ColourOf): Known {
  const author = authors.get(number);
  if (author === undefined || author.person === "") return { key: "", name: "", color: "#5a5953" };
  return { key: author.person, name: author.name, color: colourOf(author.person) };
}

/** The texts of a document in the order in which they are read. */
export function textsOf(part: Y.XmlFragment | Y.XmlElement, level = 0): (Y.XmlText | Y.Text)[] {
  if (level > NESTING_MAX) return [];
  return part.toArray().flatMap((child): (Y.XmlText | Y.Text)[] => {
    if (child instanceof Y.XmlText) return [child];
    return child instanceof Y.XmlElement ? textsOf(child, level + 1) : [];
  });
}

export function runsOf(texts: Texts): Run[] {
  return texts.flatMap((text) =>
    authorRuns(text).map(({ number, text: { length } }) => ({ number, length })),
  );
}

/** Parts of a version's text in its order: `gone` when the document does not have them any more. */
export interface Kept {
  gone: boolean;
  length: number;
}

/**
 * Which characters of a version are not in the document as it is.
 *
 * Shape: every character has an id of its own for ever, so this compares ids, not words: what was
 * taken away and written again is gone.
 */
export function keptOf(texts: Texts, now: Y.Doc): Kept[] {
  const deleted = Y.createDeleteSetFromStructStore(now.store);
  const kept: Kept[] = [];
  for (const text of texts) {
    const { _start: first } = text;
    for (let item = first; item !== null; item = item.right) {
      if (item.deleted || !(item.content instanceof Y.ContentString)) continue;
      const { client, clock } = item.id;
      const have = Y.getState(now.store, client);
      for (let at = 0; at < item.length; at += 1) {
        const gone = clock + at >= have || Y.isDeleted(deleted, Y.createID(client, clock + at));
        const last = kept.at(-1);
        if (last?.gone === gone) last.length += 1;
        else kept.push({ gone, length: 1 });
      }
    }
  }
  return kept;
}

export interface Placed<T> {
  from: number;
  to: number;
  run: T;
}

/** Runs of a rich text as places in the editor's document, which reads its texts in one order. */
export function placedIn<T extends { length: number }>(
  doc: Node,
  runs: readonly T[],
): Placed<T>[] {
  const placed: Placed<T>[] = [];
  let [at, left] = [0, runs[0]?.length ?? 0];
  doc.descendants((node, position) => {
    if (!node.isText) return;
    let done = 0;
    while (done < node.nodeSize) {
      const run = runs[at];
      if (run === undefined) return;
      const length = Math.min(left, node.nodeSize - done);
      if (length > 0) placed.push({ from: position + done, to: position + done + length, run });
      done += length;
      left -= length;
      if (left === 0) {
        at += 1;
        left = runs[at]?.length ?? 0;
      }
    }
  });
  return placed;
}

/** Runs of a plain text as places in it. */
export function placedFrom<T extends { length: number }>(runs: readonly T[]): Placed<T>[] {
  let from = 0;
  return runs.map((run) => {
    const to = from + run.length;
    const placed = { from, to, run };
    from = to;
    return placed;
  });
}

export interface Share extends Known {
  characters: number;
}

/** Everybody whose words stand in a version, those with most first. */
export function sharesOf(
  runs: readonly Run[],
  authors: Authors,
  colourOf: ColourOf,
): Share[] {
  const shares = new Map<string, Share>();
  for (const { number, length } of runs) {
    const author = knownAuthor(authors, number, colourOf);
    const share = shares.get(author.key) ?? { ...author, characters: 0 };
    share.characters += length;
    shares.set(author.key, share);
  }
  return [...shares.values()].sort((one, other) => other.characters - one.characters);
}

/** A version as a document of its own. Caller: destroys it. */
export function documentOf(version: Pick<VersionContent, "state">): Y.Doc {
  const ydoc = new Y.Doc();
  Y.applyUpdate(ydoc, version.state);
  return ydoc;
}
