/**
 * The elements of a page, kept by id in a Yjs array. Pure but for Yjs.
 *
 * An array and not a map: what was overwritten leaves nothing behind there but a count, while a map
 * keeps every old key for ever, and a board is drawn on for months. Two people who write the same
 * element at once leave two entries; the newer one counts (`wins`), for everyone alike, and the
 * next who writes takes the other away.
 */
import type * as Y from "yjs";

import { type Entry, isEntry, isPiece, type Piece, wins } from "./element";

/** Told which ids changed, and whether by this object's own `write`. */
export type EntriesListener = (ids: ReadonlySet<string>, own: boolean) => void;

export class Entries {
  private readonly winners = new Map<string, Entry>();
  /** Pieces of strokes that are being drawn: by stroke, then by number. */
  private readonly drawn = new Map<string, Map<number, Piece>>();
  private readonly listeners = new Set<EntriesListener>();

  constructor(private readonly list: Y.Array<unknown>) {
    this.take(list.toArray(), null);
    list.observe(this.observed);
  }

  destroy(): void {
    this.list.unobserve(this.observed);
    this.listeners.clear();
  }

  listen(listener: EntriesListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get(id: string): Entry | undefined {
    return this.winners.get(id);
  }

  /** All that count, pieces included, in no order that means anything. */
  all(): IterableIterator<Entry> {
    return this.winners.values();
  }

  /** The pieces of a stroke in order, up to the first that is missing. */
  piecesOf(id: string): Piece[] {
    const known = this.drawn.get(id);
    const pieces: Piece[] = [];
    if (known === undefined) return pieces;
    for (let n = 0; ; n += 1) {
      const piece = known.get(n);
      if (piece === undefined) return pieces;
      pieces.push(piece);
    }
  }

  /** Ids of all pieces of a stroke. */
  pieceIdsOf(id: string): string[] {
    return [...(this.drawn.get(id)?.values() ?? [])].map((piece) => piece.id);
  }

  /** Puts and removes in one transaction. Caller: keeps it small enough for one operation. */
  write(puts: readonly Entry[], removes: Iterable<string>): void {
    const going = new Set(removes);
    for (const { id } of puts) going.add(id);
    const { doc } = this.list;
    if (doc === null) return;
    doc.transact(() => {
      const places = this.placesOf(going);
      for (let at = places.length - 1; at >= 0; at -= 1) {
        let from = at;
        while (from > 0 && places[from - 1] === (places[from] ?? 0) - 1) from -= 1;
        this.list.delete(places[from] ?? 0, at - from + 1);
        at = from;
      }
      if (puts.length > 0) this.list.push([...puts]);
    }, this);
  }

  private placesOf(ids: ReadonlySet<string>): number[] {
    const places: number[] = [];
    if (![...ids].some((id) => this.winners.has(id))) return places;
    this.list.toArray().forEach((value, at) => {
      if (isEntry(value) && ids.has(value.id)) places.push(at);
    });
    return places;
  }

  private readonly observed = (event: Y.YArrayEvent<unknown>, transaction: Y.Transaction): void => {
    const touched = new Set<string>();
    for (const items of [event.changes.added, event.changes.deleted]) {
      for (const item of items) {
        for (const value of item.content.getContent()) {
          if (isEntry(value)) touched.add(value.id);
        }
      }
    }
    if (touched.size === 0) return;
    for (const id of touched) this.drop(id);
    this.take(this.list.toArray(), touched);
    for (const listener of this.listeners) listener(touched, transaction.origin === this);
  };

  private drop(id: string): void {
    const entry = this.winners.get(id);
    this.winners.delete(id);
    if (entry === undefined || !isPiece(entry)) return;
    const pieces = this.drawn.get(entry.of);
    pieces?.delete(entry.n);
    if (pieces?.size === 0) this.drawn.delete(entry.of);
  }

  private take(values: readonly unknown[], only: ReadonlySet<string> | null): void {
    for (const value of values) {
      if (!isEntry(value) || (only !== null && !only.has(value.id))) continue;
      const before = this.winners.get(value.id);
      if (before !== undefined && wins(before, value)) continue;
      this.winners.set(value.id, value);
      if (!isPiece(value)) continue;
      const pieces = this.drawn.get(value.of) ?? new Map<number, Piece>();
      pieces.set(value.n, value);
      this.drawn.set(value.of, pieces);
    }
  }
}
