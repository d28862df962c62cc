/**
 * Builds a document from its confirmed state and what is still pending. Pure but for Yjs.
 *
 * Pending edits keep their ids when they follow the confirmed clock; else they are moved there, and
 * what cannot be moved (it hangs on text that was not taken) is given back.
 */
import * as Y from "yjs";

import { type Move, mappingOf, moved, Unplaceable } from "./yjsUpdate";

/** One unsaved edit. Shape: `number` wrote clocks [from, to); equal for deletions only. */
export interface Edit {
  readonly id: string;
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly update: Uint8Array;
  /** It was sent: its bytes are as they are, whatever becomes of it. */
  readonly sent: boolean;
}

export interface Built {
  readonly ydoc: Y.Doc;
  /** Edits as they now are, in order; those whose ids changed have `changed`. */
  readonly edits: readonly (Edit & { readonly changed: boolean })[];
  readonly lost: readonly Edit[];
}

/** Origin of transactions that are not the person's own. */
export const REMOTE = Symbol("remote");

export function clockOf(ydoc: Y.Doc, client: number): number {
  return Y.getState(ydoc.store, client);
}

function compose(updates: readonly Uint8Array[]): Y.Doc {
  const ydoc = new Y.Doc();
  ydoc.transact(() => {
    for (const update of updates) Y.applyUpdate(ydoc, update, REMOTE);
  }, REMOTE);
  return ydoc;
}

function applies(ydoc: Y.Doc, update: Uint8Array): boolean {
  const waited = ydoc.store.pendingStructs !== null;
  try {
    Y.applyUpdate(ydoc, update, REMOTE);
  } catch {
    return false;
  }
  return waited || ydoc.store.pendingStructs === null;
}

/**
 * Shape: `confirmed` are the updates of the log, in order; `clock` is the next one the log takes
 * from session `number`; `edits` are what this session has not saved, in order.
 */
export function build(
  confirmed: readonly Uint8Array[],
  number: number,
  clock: number,
  edits: readonly Edit[],
): Built {
  const taken: Uint8Array[] = [...confirmed];
  let ydoc = compose(taken);
  const base = new Map(edits.map((edit) => [edit.number, clockOf(ydoc, edit.number)]));
  const moving = new Set(base.keys());
  const moves: Move[] = [];
  const kept: (Edit & { changed: boolean })[] = [];
  const lost: Edit[] = [];
  let next = clock;
  for (const edit of edits) {
    const placedAt = edit.sent ? edit : { number, from: next, to: next + edit.to - edit.from };
    const move: Move = {
      client: edit.number,
      from: edit.from,
      to: edit.to,
      newClient: placedAt.number,
      newFrom: placedAt.from,
    };
    const unchanged = edit.sent || (edit.number === number && edit.from === next);
    const confirmedOf = (client: number) => base.get(client) ?? 0;
    let update: Uint8Array | null = edit.update;
    try {
      const mapping = mappingOf([...moves, move], moving, confirmedOf);
      // Also what keeps its ids may refer to edits that were moved or are gone.
      const needed = moved(edit.update, mapping);
      if (!unchanged || moves.some(isMove)) update = edit.sent ? edit.update : needed;
    } catch (error) {
      if (!(error instanceof Unplaceable)) throw error;
      update = edit.sent ? edit.update : null;
    }
    if (update === null || !applies(ydoc, update)) {
      ydoc.destroy();
      ydoc = compose(taken);
      if (!edit.sent) lost.push(edit);
      continue;
    }
    moves.push(move);
    taken.push(update);
    next = Math.max(next, placedAt.to);
    const changed = !unchanged || update !== edit.update;
    kept.push({ ...edit, ...placedAt, update, changed });
  }
  // Only now: Yjs gives itself another id when it sees its own in somebody else's update.
  ydoc.clientID = number;
  return { ydoc, edits: kept, lost };
}

function isMove(move: Move): boolean {
  return move.client !== move.newClient || move.from !== move.newFrom;
}
