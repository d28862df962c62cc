/**
 * Whether our own server stays behind what the standby connection tells, or lives no more. Pure: no
 * timers here.
 *
 * A head that is ahead of us for a moment is usual, for messages take two ways. What our server
 * applied may also not concern us: so it is asked before it is left. A head that is told twice asks
 * to look whether our server lives: it must be heard, or answer.
 */
import type { Position } from "./generated/frames.gen";

export const ASK_AFTER_MS = 60;
export const SWITCH_AFTER_MS = 140;
/** Who is far away needs longer to answer: twice the round trip, up to this. */
const SWITCH_AFTER_MS_MAX = 1_000;
/** A look so late means that this page was busy: what came meanwhile is read first. */
const LATE_MS = 100;
const ONE_TURN_MS = 20;
/** A look so late means that this page was asleep, and knows nothing. */
const ASLEEP_MS = 1_500;

/** Shape: `what` to do now, and after how long to look again, null for at the next head. */
export interface Look {
  readonly what: "ask" | "switch" | null;
  readonly againMs: number | null;
}

const NOTHING: Look = { what: null, againMs: null };

function isBehind(reached: Position, head: Position): boolean {
  return reached.epoch === head.epoch && reached.sequence < head.sequence;
}

function isMet({ head, atMs }: Target, reached: Position, heardMs: number): boolean {
  return head === null ? heardMs > atMs : !isBehind(reached, head);
}

/** What our server has to reach; without a head it must be heard. */
interface Target {
  readonly head: Position | null;
  readonly atMs: number;
}

export class Lag {
  private latest: Position | null = null;
  private again = false;
  private target: Target | null = null;
  private sinceMs = 0;
  private asked = false;
  private late = false;

  /** The standby told how far the conference is. Look then. */
  told(head: Position): void {
    const { latest } = this;
    this.again = latest?.epoch === head.epoch && latest.sequence === head.sequence;
    this.latest = head;
  }

  /** Whether the standby is behind our own server, or has told nothing yet. */
  trails(reached: Position): boolean {
    return this.latest === null || isBehind(this.latest, reached);
  }

  forget(): void {
    this.latest = this.target = null;
    this.again = false;
  }

  /**
   * Shape: `reached` is how far our own server is known to be, `heardMs` when it was last heard,
   * `roundTripMs` how far away it is.
   */
  look(nowMs: number, reached: Position, heardMs: number, roundTripMs = 0): Look {
    const { again, latest } = this;
    const answerMs = Math.min(SWITCH_AFTER_MS_MAX, 2 * roundTripMs);
    const switchAfterMs = Math.max(SWITCH_AFTER_MS, answerMs);
    this.again = false;
    if (this.target !== null && isMet(this.target, reached, heardMs)) this.target = null;
    if (this.target === null) {
      if (latest === null || reached.epoch === "") return NOTHING;
      if (isBehind(reached, latest)) this.target = { head: latest, atMs: nowMs };
      else if (again) this.target = { head: null, atMs: nowMs };
      else return NOTHING;
      this.asked = false;
      return this.wait(nowMs, null, ASK_AFTER_MS);
    }
    const restMs = (this.asked ? switchAfterMs : ASK_AFTER_MS) - (nowMs - this.sinceMs);
    if (restMs > 0) return { what: null, againMs: restMs };
    if (!this.asked || restMs < -ASLEEP_MS) {
      this.asked = true;
      return this.wait(nowMs, "ask", switchAfterMs);
    }
    if (restMs < -LATE_MS && !this.late) {
      this.late = true;
      return { what: null, againMs: ONE_TURN_MS };
    }
    this.forget();
    return { what: "switch", againMs: null };
  }

  private wait(nowMs: number, what: "ask" | null, againMs: number): Look {
    this.sinceMs = nowMs;
    this.late = false;
    return { what, againMs };
  }
}
