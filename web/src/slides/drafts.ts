/** Tells others of a mark while it is drawn: at once, then at a bounded pace. Has no timers. */
import type { NewMark } from "@folkmoot/client";

/** Shape: returns how to call it off. */
export interface DraftTurns {
  nowMs(): number;
  later(delay_ms: number, what: () => void): () => void;
}

/** No more often than this, and more seldom when the stroke is long. */
export const TELL_EVERY_MS = 80;
const BYTES_PER_S = 16 * 1024;
/** A hand that rests says so again, for who came later and for who would take it for gone. */
export const AGAIN_MS = 1_000;
const POINT_BYTES = 4;

export class DraftTelling {
  /** What is drawn now, put together when it is sent. */
  private drawn: (() => NewMark) | null = null;
  private cancel: (() => void) | null = null;
  private dueMs = Infinity;
  private nextMs = 0;

  constructor(
    private readonly send: (mark: NewMark | null) => void,
    private readonly turns: DraftTurns,
  ) {}

  /** The hand moved. */
  tell(drawn: () => NewMark): void {
    this.drawn = drawn;
    this.schedule(Math.max(this.turns.nowMs(), this.nextMs));
  }

  /** The mark was handed in, which tells it. */
  done(): void {
    this.drawn = null;
    this.cancel?.();
    this.cancel = null;
    this.dueMs = Infinity;
  }

  /** There will be no mark. */
  drop(): void {
    const told = this.drawn !== null;
    this.done();
    if (told) this.send(null);
  }

  private schedule(atMs: number): void {
    if (atMs >= this.dueMs) return;
    this.cancel?.();
    this.dueMs = atMs;
    this.cancel = this.turns.later(Math.max(0, atMs - this.turns.nowMs()), () => this.now());
  }

  private now(): void {
    this.cancel = null;
    this.dueMs = Infinity;
    if (this.drawn === null) return;
    const mark = this.drawn();
    this.send(mark);
    const now = this.turns.nowMs();
    const bytes = mark.points.length * POINT_BYTES;
    this.nextMs = now + Math.max(TELL_EVERY_MS, (bytes * 1_000) / BYTES_PER_S);
    this.schedule(now + AGAIN_MS);
  }
}
