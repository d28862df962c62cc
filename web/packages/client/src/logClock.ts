/**
 * What time it is for the log, by this page's steady clock.
 *
 * A server tells the log's time in each `pong`. It was that late when the pong was sent, so the
 * truth lies within the time that question and answer took; the quickest of the last ones is
 * nearest. Pure.
 */

interface Sample {
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

const SAMPLES_MAX = 20;

export class LogClock {
  private samples: Sample[] = [];

  /** Shape: `sentMs` and `receivedMs` of the steady clock, `timeMs` as the server told it. */
  told(sentMs: number, receivedMs: number, timeMs: number): void {
    if (timeMs <= 0 || receivedMs < sentMs) return;
    const roundTripMs = receivedMs - sentMs;
    const offsetMs = timeMs + roundTripMs / 2 - receivedMs;
    this.samples = [...this.samples, { offsetMs, roundTripMs }].slice(-SAMPLES_MAX);
  }

  /** The log's time, or null before the first answer. */
  at(nowMs: number): number | null {
    const [first, ...others] = this.samples;
    if (first === undefined) return null;
    const best = others.reduce((a, b) => (b.roundTripMs <= a.roundTripMs ? b : a), first);
    return nowMs + best.offsetMs;
  }
}
