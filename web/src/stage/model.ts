/** The tabs of the stage: everything in the room that can stand on it. Pure. */
import type { DocumentList, Stage } from "@folkmoot/client";

export interface Item {
  readonly kind: string;
  readonly id: string;
  /** Its title, as people gave it. */
  readonly title: string;
  /** The person who brought it; empty for what a room begins with. */
  readonly by: string;
  /** Unique among all, and fit for an element's id. */
  readonly key: string;
}

export const DECK = "deck";

/** Ids of documents have neither dots nor underscores. */
export function keyOf(kind: string, id: string): string {
  return kind === DECK ? `deck_${id.replaceAll(".", "_")}` : id;
}

interface DeckTitle {
  readonly id: string;
  readonly title: string;
  readonly person: string;
}

/** Documents, then decks, as they were made; what the page does not know is left out. */
export function itemsOf(
  { documents }: Pick<DocumentList, "documents">,
  decks: readonly DeckTitle[],
  kinds: ReadonlySet<string>,
): readonly Item[] {
  const all = [
    ...documents.map(({ id, kind, title, by }) => ({ kind: kind as string, id, title, by })),
    ...decks.map(({ id, title, person }) => ({ kind: DECK, id, title, by: person })),
  ];
  return all
    .filter(({ kind }) => kinds.has(kind))
    .map((item) => ({ ...item, key: keyOf(item.kind, item.id) }));
}

/** The item that is shown to everybody; null when there is none, or it is gone. */
export function shownOf({ by, kind, id }: Stage, items: readonly Item[]): Item | null {
  if (by === "") return null;
  return items.find((item) => item.kind === kind && item.id === id) ?? null;
}

/** A title that nobody has yet: "Notes", "Notes 2", ... */
export function freeTitle(base: string, items: readonly Item[]): string {
  const taken = new Set(items.map(({ title }) => title));
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base} ${number}`)) number += 1;
  return `${base} ${number}`;
}

/** An id for a new document. Shape: `random` gives that many random bytes. */
export function newDocumentId(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): string {
  const bytes = random(new Uint8Array(8));
  return `d-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
