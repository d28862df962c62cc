/**
 * The ledger of one session's operations: their counters, and what became of them. Without any I/O.
 *
 * A counter is given once, and only a welcome or outcome settles what has one. What happens to the
 * outbox is told by effects, for the host keeps it before anything is sent.
 */
import { type Effect, messageOf, type Outcome } from "./effects";
import type { Bye, Position, Rejection } from "./generated/frames.gen";
import { OPERATIONS_IN_FLIGHT_MAX } from "./generated/limits.gen";
import { type NewOperation, Outbox, type OutboxRecord } from "./outbox";

export type Ending = Pick<Bye, "last" | "rejected" | "sequence">;

const UNKNOWN: Outcome = {
  state: "failed",
  code: "outcome_unknown",
  message:
    "The session ended before the answer came. Look whether this is there before you repeat it.",
  position: null,
};

export class Ledger {
  /** All outcomes up to this counter are known. */
  seen = 0;
  /** The highest counter that was given or is known to be decided. */
  private counter = 0;
  private readonly outbox: Outbox;

  constructor(
    records: readonly OutboxRecord[],
    private readonly tell: (effect: Effect) => void,
  ) {
    this.outbox = new Outbox(records);
  }

  get records(): readonly OutboxRecord[] {
    return this.outbox.records;
  }

  /** What has a counter and no outcome. */
  get sent(): readonly OutboxRecord[] {
    return this.outbox.records.filter((record) => record.counter !== 0);
  }

  // Before it is sent

  /** Null when the outbox is full. */
  add(operation: NewOperation, held: boolean): OutboxRecord | null {
    const record = this.outbox.add(operation, held);
    if (record !== null) this.tell({ kind: "keep", record });
    return record;
  }

  /** Replaces the body of an operation and lets it go; false when it was sent. */
  amend(id: string, body: unknown, number: number): boolean {
    const record = this.unsent(id);
    if (record === null) return false;
    this.keep({ ...record, body, number, held: false });
    return true;
  }

  /** Takes an operation back; false when it was sent. */
  drop(id: string): boolean {
    const record = this.unsent(id);
    if (record === null) return false;
    this.outbox.remove(id);
    this.tell({ kind: "forget", id });
    return true;
  }

  /** Gives counters to what may go now: so many at once, one at a time in each lane. */
  *number(): Iterable<OutboxRecord> {
    for (const record of this.outbox.ready(OPERATIONS_IN_FLIGHT_MAX)) {
      this.counter += 1;
      const numbered = { ...record, counter: this.counter };
      this.keep(numbered);
      yield numbered;
    }
  }

  // What became of it

  /** All outcomes up to a counter. Shape: `position` is where that was looked up. */
  decide(through: number, rejected: readonly Rejection[], position: Position): void {
    const refused = new Map(rejected.map((rejection) => [rejection.counter, rejection]));
    for (const record of this.outbox.sentThrough(through)) {
      const rejection = refused.get(record.counter);
      if (rejection === undefined) this.settle(record, { state: "saved", position });
      else {
        const message = rejection.message || messageOf(rejection.code);
        this.settle(record, { state: "failed", code: rejection.code, message, position });
      }
    }
    this.seen = Math.max(this.seen, through);
    this.counter = Math.max(this.counter, through);
  }

  /** Its own event was seen. */
  saved(counter: number, position: Position): void {
    const record = this.outbox.sent(counter);
    if (record !== null) this.settle(record, { state: "saved", position });
  }

  // Sessions

  /** Holds what was made for another number until its maker has amended it. */
  rebind(number: number): void {
    for (const record of [...this.outbox.records]) {
      const foreign = record.number !== 0 && record.number !== number;
      if (foreign && record.counter === 0 && !record.held) this.keep({ ...record, held: true });
    }
  }

  /**
   * Makes the counters of what is not decided follow `last`, the newest one that is known.
   *
   * They do so already, but for a zone that was restored from a backup: what such a log does not
   * know has not taken effect there, and may be numbered anew.
   */
  renumber(last: number): void {
    const { sent } = this;
    this.seen = last;
    this.counter = last;
    for (const record of sent) {
      this.counter += 1;
      if (record.counter !== this.counter) this.keep({ ...record, counter: this.counter });
    }
  }

  /** The session is no more. Shape: `end` is what the log says of it, null when not known. */
  close(end: Ending | null, epoch: string): void {
    if (end !== null) this.decide(end.last, end.rejected, { epoch, sequence: end.sequence });
    for (const record of [...this.outbox.records]) {
      if (record.counter === 0) continue;
      if (end === null) this.settle(record, UNKNOWN);
      // What the session's end overtook never took effect, and is sent under the next one.
      else this.keep({ ...record, counter: 0, held: record.number !== 0 });
    }
    for (const record of [...this.outbox.records]) {
      if (record.number !== 0 && !record.held) this.keep({ ...record, held: true });
    }
    this.seen = 0;
    this.counter = 0;
  }

  // Inside

  private unsent(id: string): OutboxRecord | null {
    const record = this.outbox.find(id);
    return record === null || record.counter !== 0 ? null : record;
  }

  private settle(record: OutboxRecord, outcome: Outcome): void {
    this.outbox.remove(record.id);
    this.tell({ kind: "forget", id: record.id });
    if (outcome.state === "failed" && record.lane !== "") {
      // What follows in the lane was made on top of this: its maker must look at it first.
      for (const next of this.outbox.lane(record.lane)) {
        if (next.counter === 0 && !next.held) this.keep({ ...next, held: true });
      }
    }
    this.tell({ kind: "settled", record, outcome });
  }

  private keep(record: OutboxRecord): void {
    this.outbox.replace(record);
    this.tell({ kind: "keep", record });
  }
}
