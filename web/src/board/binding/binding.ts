/**
 * Keeps a page of the document and a scene on the screen alike. Decides; Excalidraw, timers and
 * frames are behind `ScenePort` and `Turns`.
 *
 * Both ways go by what changed: an element is written when its version is not the one that is known
 * to be in the document, and shown when its entry changed. What the person has in hand is not
 * replaced under the hand; whose version counts then is decided as Excalidraw does.
 */
import {
  bytesOf,
  decode,
  ELEMENT_BYTES_MAX,
  encode,
  type Entry,
  isPiece,
  isShared,
  pieceOf,
  pointCount,
  sameStamp,
  type SceneElement,
  type Stamp,
  wins,
} from "./element";
import type { Entries } from "./entries";
import { paceMs } from "./pace";
import { TRANSACTION_BYTES_MAX } from "./pages";

/** It is larger than an operation may be, or shows what is of another site. */
export type Refusal = "tooLarge" | "foreign";

export interface ScenePort {
  /** All elements, deleted ones included. */
  elements(): readonly SceneElement[];
  /** Ids of what the person is moving, sizing or typing just now. */
  held(): ReadonlySet<string>;
  /** The free-hand stroke that is being drawn. */
  drawing(): string | null;
  /** What is to be written for an element; null while it cannot be (its picture is not stored). */
  storable(element: SceneElement): SceneElement | null;
  show(changed: readonly SceneElement[], gone: readonly string[]): void;
  /** An element cannot be shared. */
  refused(id: string, why: Refusal): void;
}

/** Shape: both return how to call it off. */
export interface Turns {
  nowMs(): number;
  later(delay_ms: number, what: () => void): () => void;
  frame(what: () => void): () => void;
}

/** Updates come more seldom when they are large. */
const BYTES_PER_S = 64 * 1024;
/** Until it is told how many there are. */
const OTHERS_ASSUMED = 10;
/** When nobody did anything, what changed is looked for this much later. */
const PATIENT_MS = 2_000;
/** Elements shown at once; more come after the next drawing, so that none takes long. */
const SHOWN_AT_ONCE = { first: 250, min: 125, max: 1_000 };
/** One showing, with its drawing, is meant to take at most `max`; below `quick` more are shown. */
const SHOWING_MS = { quick: 60, max: 140 };
/** As long as it took is left to the person's own work; at most this long. */
const REST_MS_MAX = 300;

/** A stroke of which the document has the first points. */
interface Stroke {
  points: number;
  pieces: number;
}

export class PageBinding {
  /** How many sessions receive what is written here, besides the own one. */
  others = OTHERS_ASSUMED;
  /** The version of each element that scene and document both have. */
  private readonly known = new Map<string, Stamp>();
  private readonly strokes = new Map<string, Stroke>();
  /** Ids whose entries changed and were not shown yet, oldest first. */
  private readonly waiting = new Set<string>();
  private readonly unlisten: () => void;
  private cancelFlush: (() => void) | null = null;
  private flushMs = Infinity;
  private cancelShowing: (() => void) | null = null;
  private nextFlushMs = 0;
  private shownAtOnce: number = SHOWN_AT_ONCE.first;
  private restsUntilMs = 0;
  /** All that was there at the beginning was shown. */
  private opened = false;
  private ended = false;
  private writes: boolean;

  constructor(
    private readonly entries: Entries,
    private readonly scene: ScenePort,
    private readonly turns: Turns,
    editable: boolean,
  ) {
    this.writes = editable;
    this.unlisten = entries.listen((ids, own) => {
      if (!own) this.changed(ids);
    });
    this.changed([...entries.all()].map((entry) => entry.id));
  }

  /** Whether all of the page was shown. */
  get complete(): boolean {
    return this.waiting.size === 0;
  }

  /** The person may write, or not any more: then the scene becomes what the document says. */
  setEditable(editable: boolean): void {
    if (this.writes === editable) return;
    this.writes = editable;
    if (editable) return;
    const mine = this.scene.elements().filter((element) => this.isOwn(element));
    for (const { id } of mine) this.known.set(id, { version: 0, versionNonce: 0 });
    this.changed(mine.map((element) => element.id));
  }

  /** Something in the scene may have changed; `patient` when no person seems to have done it. */
  touched(patient = false): void {
    if (!this.writes) return;
    const now = this.turns.nowMs();
    const dueMs = Math.max(this.nextFlushMs, patient ? now + PATIENT_MS : now);
    if (dueMs >= this.flushMs) return;
    this.cancelFlush?.();
    this.flushMs = dueMs;
    this.cancelFlush = this.turns.later(dueMs - now, () => this.flush());
  }

  /** Writes what changed in the scene. */
  flush(): void {
    this.cancelFlush?.();
    this.cancelFlush = null;
    this.flushMs = Infinity;
    if (!this.writes) return;
    const bytes = this.write();
    if (bytes > 0) {
      const pace_ms = paceMs(this.others, this.entries.count);
      const pause_ms = Math.max(pace_ms, (bytes * 1000) / BYTES_PER_S);
      this.nextFlushMs = this.turns.nowMs() + pause_ms;
    }
    if (this.waiting.size > 0) this.wantShowing(); // what was in hand may not be any more
  }

  /** Writes what is left, and stops. */
  destroy(): void {
    this.flush();
    this.ended = true;
    this.unlisten();
    this.cancelFlush?.();
    this.cancelShowing?.();
  }

  // From the scene to the document

  private isOwn(element: SceneElement): boolean {
    const known = this.known.get(element.id);
    return known === undefined || !sameStamp(known, element);
  }

  private write(): number {
    const drawing = this.scene.drawing();
    let puts: Entry[] = [];
    let removes: string[] = [];
    let [bytes, all] = [0, 0];
    const send = () => {
      if (puts.length > 0 || removes.length > 0) this.entries.write(puts, removes);
      [puts, removes, all, bytes] = [[], [], all + bytes, 0];
    };
    for (const element of this.scene.elements()) {
      const { id, version, versionNonce } = element;
      const drawn = id !== drawing && this.strokes.has(id);
      if (!drawn && !this.isOwn(element)) continue;
      const put = element.isDeleted ? null : this.entryOf(element, id === drawing);
      if (put === undefined) continue;
      this.known.set(id, { version, versionNonce });
      this.waiting.delete(id);
      if (put === null) {
        if (this.entries.get(id) === undefined) continue;
        removes.push(id, ...this.entries.pieceIdsOf(id));
        bytes += 20;
      } else {
        const size = bytesOf(put);
        if (bytes > 0 && bytes + size > TRANSACTION_BYTES_MAX) send();
        puts.push(put);
        bytes += size;
        if (!isPiece(put)) removes.push(...this.entries.pieceIdsOf(id));
      }
      if (id !== drawing) this.strokes.delete(id);
    }
    send();
    return all;
  }

  /** Undefined: not now. */
  private entryOf(element: SceneElement, drawing: boolean): Entry | undefined {
    if (drawing && element.type === "freedraw") return this.strokeEntry(element);
    if (!isShared(element)) {
      this.scene.refused(element.id, "foreign");
      return undefined;
    }
    const storable = this.scene.storable(element);
    if (storable === null) return undefined;
    const entry = encode(storable);
    if (bytesOf(entry) <= ELEMENT_BYTES_MAX) return entry;
    this.scene.refused(element.id, "tooLarge");
    return undefined;
  }

  /** A stroke under way: first itself, then only the points that are new. */
  private strokeEntry(element: SceneElement): Entry | undefined {
    const points = pointCount(element);
    const stroke = this.strokes.get(element.id);
    if (stroke === undefined) {
      if (points < 2) return undefined;
      this.strokes.set(element.id, { points, pieces: 0 });
      return encode(element);
    }
    if (points <= stroke.points) return undefined;
    const piece = pieceOf(element, stroke.pieces, stroke.points);
    stroke.points = points;
    stroke.pieces += 1;
    return piece;
  }

  // From the document to the scene

  private changed(ids: Iterable<string>): void {
    for (const id of ids) {
      const entry = this.entries.get(id);
      this.waiting.add(entry !== undefined && isPiece(entry) ? entry.of : id);
    }
    if (this.waiting.size > 0) this.wantShowing();
  }

  /** At once when the last showing is over: what comes meanwhile is shown together. */
  private wantShowing(): void {
    if (this.cancelShowing !== null) return;
    const rest_ms = this.restsUntilMs - this.turns.nowMs();
    if (rest_ms === Infinity) return; // what was shown last is being drawn, and asks again
    this.cancelShowing = this.turns.later(Math.max(0, rest_ms), () => {
      this.cancelShowing = null;
      this.show();
    });
  }

  private show(): void {
    const held = this.scene.held();
    const ids: string[] = [];
    for (const id of this.waiting) {
      if (held.has(id)) continue;
      ids.push(id);
      if (ids.length >= this.shownAtOnce) break;
    }
    const asked = new Set(ids);
    const local = new Map<string, SceneElement>();
    for (const element of this.scene.elements()) {
      if (asked.has(element.id)) local.set(element.id, element);
    }
    const changed: SceneElement[] = [];
    const gone: string[] = [];
    for (const id of ids) {
      this.waiting.delete(id);
      const entry = this.entries.get(id);
      const mine = local.get(id);
      const value = entry === undefined || isPiece(entry) ? undefined : this.elementOf(entry);
      if (this.writes && mine !== undefined && this.isOwn(mine) && this.goesFirst(mine, value)) {
        this.touched(); // the own version follows
      } else if (value === undefined) {
        this.known.delete(id);
        if (mine !== undefined) gone.push(id);
      } else {
        const { version, versionNonce } = value;
        this.known.set(id, { version, versionNonce });
        if (mine === undefined || !sameStamp(mine, value)) changed.push(value);
      }
    }
    if (changed.length > 0 || gone.length > 0) this.present(changed, gone);
    if (this.waiting.size === 0) this.opened = true;
    if ([...this.waiting].some((id) => !held.has(id))) this.wantShowing();
  }

  /** Shows them, and learns from how long that took how many the next may be, and when. */
  private present(changed: readonly SceneElement[], gone: readonly string[]): void {
    const beganMs = this.turns.nowMs();
    this.scene.show(changed, gone);
    this.restsUntilMs = Infinity;
    // The next frame draws it, and the one after that knows how long all took.
    this.turns.frame(() => this.turns.frame(() => this.drawn(changed.length, beganMs)));
  }

  private drawn(count: number, beganMs: number): void {
    const now = this.turns.nowMs();
    const took_ms = now - beganMs;
    // While a board is opened there is no work of the person's own that could be disturbed.
    this.restsUntilMs = this.opened ? now + Math.min(took_ms, REST_MS_MAX) : now;
    if (this.waiting.size > 0 && !this.ended) this.wantShowing();
    if (count < this.shownAtOnce) return;
    const { min, max } = SHOWN_AT_ONCE;
    if (took_ms > SHOWING_MS.max) this.shownAtOnce = Math.max(min, this.shownAtOnce / 2);
    else if (took_ms < SHOWING_MS.quick) this.shownAtOnce = Math.min(max, this.shownAtOnce * 2);
  }

  private elementOf(entry: Entry): SceneElement {
    return decode(entry, this.entries.piecesOf(entry.id));
  }

  /** Whether the own change of an element counts, and not what the document says now. */
  private goesFirst(mine: SceneElement, value: SceneElement | undefined): boolean {
    if (!this.known.has(mine.id) && value === undefined) return !mine.isDeleted;
    return value === undefined ? !mine.isDeleted : wins(mine, value);
  }
}
