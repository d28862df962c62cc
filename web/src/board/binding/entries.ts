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
  /** All entries of an id: one, but for what two wrote at once. */
  private readonly held = new Map<string, readonly Entry[]>();
  private readonly winners = new Map<string, Entry>();
  /** Pieces of strokes that are being drawn: by stroke, then by number. */
  private readonly drawn = new Map<string, Map<number, Piece>>();
  private readonly listeners = new Set<EntriesListener>();

  constructor(private readonly list: Y.Array<unknown>) {
    for (const value of list.toArray()) if (isEntry(value)) this.hold(value);
    for (const id of this.held.keys()) this.decide(id);
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

  /** How many there are. */
  get count(): number {
    return this.winners.size;
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
    const { added, deleted } = event.changes;
    const [gone, fresh] = [entriesIn(deleted), entriesIn(added)];
    if (gone.length === 0 && fresh.length === 0) return;
    const touched = new Set<string>();
    for (const entry of gone) {
      touched.add(entry.id);
      const all = this.held.get(entry.id) ?? [];
      const rest = all.filter((one) => one !== entry);
      if (rest.length === 0) this.held.delete(entry.id);
      else this.held.set(entry.id, rest);
    }
    for (const entry of fresh) {
      touched.add(entry.id);
      this.hold(entry);
    }
    for (const id of touched) this.decide(id);
    for (const listener of this.listeners) listener(touched, transaction.origin === this);
  };

  private hold(entry: Entry): void {
    const before = this.held.get(entry.id);
    this.held.set(entry.id, before === undefined ? [entry] : [...before, entry]);
  }

  /** Finds out which entry of an id counts now. */
  private decide(id: string): void {
    const before = this.winners.get(id);
    if (before !== undefined && isPiece(before)) {
      const pieces = this.drawn.get(before.of);
      pieces?.delete(before.n);
      if (pieces?.size === 0) this.drawn.delete(before.of);
    }
    const winner = this.winnerOf(id);
    if (winner === undefined) {
      this.winners.delete(id);
      return;
    }
    this.winners.set(id, winner);
    if (!isPiece(winner)) return;
    const pieces = this.drawn.get(winner.of) ?? new Map<number, Piece>();
    pieces.set(winner.n, winner);
    this.drawn.set(winner.of, pieces);
  }

  private winnerOf(id: string): Entry | undefined {
    const all = this.held.get(id) ?? [];
    if (all.length < 2) return all[0];
    // Of equal ones the last in the document's order counts, so that all agree.
    const inOrder = this.list.toArray().filter((value) => isEntry(value) && value.id === id);
    return (inOrder as Entry[]).reduce((best, one) => (wins(best, one) ? best : one));
  }
}

function entriesIn(items: ReadonlySet<Y.Item>): Entry[] {
  return [...items].flatMap((item) => item.content.getContent().filter(isEntry));
}
