/** Awareness (carets, names) of one document over the ephemeral path. */
import * as decoding from "lib0/decoding";
import {
  applyAwarenessUpdate,
  Awareness,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import type * as Y from "yjs";

import { REMOTE } from "./documentBuild";

const THROTTLE_MS = 50;
/** Smallest client id of an editor that is not ours; those below are sessions. */
const FOREIGN_ID_MIN = 1 << 20;
export const AWARENESS_TOPIC = "awareness/";

interface Change {
  readonly added: readonly number[];
  readonly updated: readonly number[];
  readonly removed: readonly number[];
}

/** Client ids that an awareness update speaks for; null when it is not one. */
function speaksFor(update: Uint8Array): number[] | null {
  try {
    const decoder = decoding.createDecoder(update);
    const clients: number[] = [];
    for (let left = decoding.readVarUint(decoder); left > 0; left -= 1) {
      clients.push(decoding.readVarUint(decoder));
      decoding.readVarUint(decoder);
      JSON.parse(decoding.readVarString(decoder));
    }
    return clients;
  } catch {
    return null;
  }
}

export class Presence {
  readonly awareness: Awareness;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    ydoc: Y.Doc,
    private readonly send: (update: Uint8Array) => boolean,
    nowMs: number,
    state: Record<string, unknown> | null,
  ) {
    this.awareness = new Awareness(ydoc);
    // The number outlives this page: peers must see later states as later.
    this.awareness.meta.set(ydoc.clientID, { clock: nowMs, lastUpdated: nowMs });
    this.awareness.setLocalState(state ?? {});
    this.awareness.on("update", this.changed);
  }

  private readonly changed = ({ added, updated }: Change, origin: unknown): void => {
    const own = this.awareness.clientID;
    if (origin !== REMOTE) {
      if (added.includes(own) || updated.includes(own)) this.tell();
    } else if (added.length > 0) this.tell(); // somebody new does not know of us yet
  };

  /** Sends the own state soon; several changes at once are one message. */
  tell(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.tellNow();
    }, THROTTLE_MS);
  }

  private tellNow(): void {
    this.send(encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]));
  }

  /** Takes what session `number` says of itself, and nothing that it says of others. */
  received(number: number, update: unknown): void {
    if (!(update instanceof Uint8Array) || number === this.awareness.clientID) return;
    const clients = speaksFor(update);
    if (clients?.length === 1 && clients[0] === number) {
      applyAwarenessUpdate(this.awareness, update, REMOTE);
    }
  }

  gone(number: number): void {
    if (number !== this.awareness.clientID) removeAwarenessStates(this.awareness, [number], REMOTE);
  }

  /** Forgets whoever is not among those who are here; of other editors their server tells. */
  keepOnly(numbers: ReadonlySet<number>): void {
    const others = [...this.awareness.getStates().keys()].filter(
      (number) => number < FOREIGN_ID_MIN && !numbers.has(number),
    );
    for (const number of others) this.gone(number);
  }

  /** The own state without what belongs to the old document's positions. */
  carriedOver(): Record<string, unknown> | null {
    const user: unknown = this.awareness.getLocalState()?.["user"];
    return user === undefined ? null : { user };
  }

  destroy(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.awareness.setLocalState(null);
    this.tellNow();
    this.awareness.off("update", this.changed);
    this.awareness.destroy();
  }
}
