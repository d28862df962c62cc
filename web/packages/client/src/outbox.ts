/**
 * The operations of a session whose outcome is not known, in the order in which they were made.
 *
 * Pure bookkeeping; `session` decides what happens to them, `store` keeps them in the browser.
 */

export interface NewOperation {
  /** Unique in the outbox. */
  readonly id: string;
  readonly app: string;
  readonly type: string;
  readonly body: unknown;
  /** Operations of one lane go one at a time, so that the waiting ones may still be amended. */
  readonly lane: string;
  /** The session's number the body was made for; 0 when it holds for any. */
  readonly number: number;
  readonly atMs: number;
}

export interface OutboxRecord extends NewOperation {
  /** 0 until it is sent for the first time. */
  readonly counter: number;
  /** Not to be sent before it is amended. */
  readonly held: boolean;
}

export const OUTBOX_OPERATIONS_MAX = 10_000;

export class Outbox {
  records: readonly OutboxRecord[];

  constructor(records: readonly OutboxRecord[]) {
    // The sent ones first, by counter: a lane may have been overtaken by other operations.
    const sent = records.filter((record) => record.counter !== 0);
    this.records = [
      ...sent.sort((a, b) => a.counter - b.counter),
      ...records.filter((record) => record.counter === 0),
    ];
  }

  add(operation: NewOperation, held: boolean): OutboxRecord | null {
    if (this.records.length >= OUTBOX_OPERATIONS_MAX) return null;
    const record: OutboxRecord = { ...operation, counter: 0, held };
    this.records = [...this.records, record];
    return record;
  }

  find(id: string): OutboxRecord | null {
    return this.records.find((record) => record.id === id) ?? null;
  }

  sent(counter: number): OutboxRecord | null {
    return this.records.find((record) => record.counter === counter) ?? null;
  }

  sentThrough(counter: number): OutboxRecord[] {
    return this.records.filter((record) => record.counter !== 0 && record.counter <= counter);
  }

  lane(lane: string): OutboxRecord[] {
    return this.records.filter((record) => record.lane === lane);
  }

  remove(id: string): void {
    this.records = this.records.filter((record) => record.id !== id);
  }

  replace(record: OutboxRecord): void {
    const before = this.find(record.id);
    if (before !== null && before.counter === 0 && record.counter !== 0) {
      // Numbered: it goes behind the other numbered ones, whatever it overtook.
      this.remove(record.id);
      const at = this.records.findIndex((other) => other.counter === 0);
      const end = at === -1 ? this.records.length : at;
      this.records = this.records.toSpliced(end, 0, record);
      return;
    }
    this.records = this.records.map((other) => (other.id === record.id ? record : other));
  }

  /** What may be numbered and sent now, in order. */
  ready(inFlightMax: number): OutboxRecord[] {
    const busy = new Set<string>();
    const ready: OutboxRecord[] = [];
    let inFlight = 0;
    for (const record of this.records) {
      if (record.counter !== 0) inFlight += 1;
      else if (inFlight >= inFlightMax) break;
      else if (!record.held && !busy.has(record.lane)) {
        ready.push(record);
        inFlight += 1;
      }
      if (record.lane !== "") busy.add(record.lane);
    }
    return ready;
  }
}
