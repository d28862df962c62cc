/**
 * When to connect again, where, and when a silent connection is dead. Pure: no timers here.
 */
import { KEEPALIVE_INTERVAL_MS, KEEPALIVE_TIMEOUT_MS } from "./generated/limits.gen";

export const FIRST_DELAY_MS_MAX = 30;
export const DELAY_MS_MAX = 5_000;
const DELAY_STEP_MS = 50;

/** Delay before the next attempt. Shape: `failures` in a row so far; `random` in [0, 1). */
export function reconnectDelayMs(failures: number, random: number): number {
  if (failures === 0) return random * FIRST_DELAY_MS_MAX;
  return random * Math.min(DELAY_MS_MAX, DELAY_STEP_MS * 2 ** Math.min(failures, 16));
}

/** The servers of the zone, best first; those that failed come last, the longest ago first. */
export class ServerList {
  private paths: readonly string[] = [];
  private readonly failedAt = new Map<string, number>();
  private failures = 0;

  get size(): number {
    return this.paths.length;
  }

  /** Best first. */
  get all(): readonly string[] {
    return this.paths;
  }

  /** Takes a newer list. An empty one changes nothing: a bad server beats none. */
  replace(paths: readonly string[]): void {
    if (paths.length === 0) return;
    this.paths = [...paths];
    for (const path of this.failedAt.keys()) {
      if (!paths.includes(path)) this.failedAt.delete(path);
    }
  }

  failed(path: string): void {
    this.failures += 1;
    this.failedAt.set(path, this.failures);
  }

  worked(path: string): void {
    this.failedAt.delete(path);
  }

  /** Where to try next, or null when no server is known. */
  next(): string | null {
    let best: string | null = null;
    let bestAt = Infinity;
    for (const path of this.paths) {
      const at = this.failedAt.get(path) ?? 0;
      if (at < bestAt) {
        best = path;
        bestAt = at;
      }
    }
    return best;
  }
}

/** How often `tick` should be called. */
export const KEEPALIVE_TICK_MS = 250;
/** A tick so late means that this page was asleep, not that the server is silent. */
const ASLEEP_MS = 2_000;

/** How long silence is borne. Units: milliseconds before a ping, and after one. */
export interface Patience {
  readonly pingMs: number;
  readonly answerMs: number;
}
export const PATIENT: Patience = {
  pingMs: KEEPALIVE_INTERVAL_MS,
  answerMs: KEEPALIVE_TIMEOUT_MS,
};
/** Until the welcome. */
export const ATTACHING: Patience = { pingMs: 500, answerMs: 2_500 };
/** While work waits and another server is ready. */
export const IMPATIENT: Patience = { pingMs: 250, answerMs: 750 };

/** Notices that the other side went silent. Units: milliseconds of any steady clock. */
export class Keepalive {
  private sentMs: number;
  private receivedMs: number;
  private tickMs: number;
  /** When the oldest `ping` without any answer since was sent. */
  private waitingSinceMs: number | null = null;
  /** Ticks since then: an answer may wait to be read behind a first late tick. */
  private waitingTicks = 0;

  constructor(nowMs: number) {
    this.sentMs = nowMs;
    this.receivedMs = nowMs;
    this.tickMs = nowMs;
  }

  received(nowMs: number): void {
    this.receivedMs = nowMs;
    this.waitingSinceMs = null;
  }

  sent(nowMs: number): void {
    this.sentMs = nowMs;
  }

  /** Asks for a sign of life at the next tick. */
  probe(): void {
    this.sentMs = -Infinity;
  }

  /** What to do now: send a `ping`, give the connection up, or nothing. */
  tick(nowMs: number, patience: Patience = PATIENT): "ping" | "dead" | null {
    const asleep = nowMs - this.tickMs > ASLEEP_MS;
    this.tickMs = nowMs;
    if (asleep) {
      this.waitingSinceMs = null;
      this.probe();
    }
    if (this.waitingSinceMs !== null) {
      this.waitingTicks += 1;
      const silent = nowMs - this.waitingSinceMs >= patience.answerMs;
      return silent && this.waitingTicks > 1 ? "dead" : null;
    }
    const idleSinceMs = Math.min(this.sentMs, this.receivedMs);
    if (nowMs - idleSinceMs < patience.pingMs) return null;
    this.sentMs = nowMs;
    this.waitingSinceMs = nowMs;
    this.waitingTicks = 0;
    return "ping";
  }
}
