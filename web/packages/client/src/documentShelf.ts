/** The documents of a conference that are open, and those with edits that must be mended first. */
import { type DocumentHandle, laneOf, SharedDocument } from "./documents";
import type { Event } from "./generated/frames.gen";
import { AWARENESS_TOPIC } from "./presence";
import type { Outcome, OutboxRecord } from "./session";
import type { Notice } from "./status";
import { isMap } from "./wire";

export interface ShelfHost {
  number(): number | null;
  sequence(): number;
  get(query: string, args: unknown): Promise<unknown>;
  submit(lane: string, type: string, body: unknown, number: number, held: boolean): boolean;
  amend(record: OutboxRecord, body: unknown, number: number): boolean;
  drop(record: OutboxRecord): void;
  pending(): readonly OutboxRecord[];
  live(topic: string, body: unknown): boolean;
  notice(notice: Omit<Notice, "id">): void;
  nowMs(): number;
}

const PREFIX = laneOf("");

export class DocumentShelf {
  private readonly shelf = new Map<string, SharedDocument>();

  constructor(private readonly host: ShelfHost) {}

  open(id: string): DocumentHandle {
    const document = this.take(id);
    document.users += 1;
    return document;
  }

  private take(id: string): SharedDocument {
    const known = this.shelf.get(id);
    if (known !== undefined) return known;
    const { host } = this;
    const document = new SharedDocument(
      id,
      {
        number: () => host.number(),
        sequence: () => host.sequence(),
        get: (query, args) => host.get(query, args),
        submit: (body, number, held) => host.submit(laneOf(id), "update", body, number, held),
        amend: (record, body, number) => host.amend(record, body, number),
        drop: (record) => host.drop(record),
        lane: () => host.pending().filter((record) => record.lane === laneOf(id)),
        live: (_document, update) => host.live(AWARENESS_TOPIC + id, update),
        notice: (document, code, message, text) =>
          host.notice({ code, message, document, text: text === "" ? null : text }),
        nowMs: () => host.nowMs(),
      },
      () => this.tidy(),
    );
    this.shelf.set(id, document);
    document.welcomed(false, false);
    return document;
  }

  welcomed(continued: boolean, sameEpoch: boolean): void {
    for (const document of this.shelf.values()) document.welcomed(continued, sameEpoch);
  }

  followed(event: Event, sequence: number): void {
    if (!isMap(event.body) || typeof event.body["document"] !== "string") return;
    this.shelf.get(event.body["document"])?.followed(event, sequence);
  }

  /** A roster event: whoever is away or has left points at nothing any more. */
  session(event: Event): void {
    if (event.type !== "away" && event.type !== "left") return;
    const number = isMap(event.body) ? event.body["number"] : null;
    if (typeof number !== "number") return;
    for (const document of this.shelf.values()) document.gone(number);
  }

  /** The attached sessions, when they are known anew. */
  present(numbers: ReadonlySet<number>): void {
    for (const document of this.shelf.values()) document.present(numbers);
  }

  live(topic: string, number: number, body: unknown): void {
    this.shelf.get(topic.slice(AWARENESS_TOPIC.length))?.live(number, body);
  }

  settled(record: OutboxRecord, outcome: Outcome): void {
    if (!record.lane.startsWith(PREFIX)) return;
    const id = record.lane.slice(PREFIX.length);
    // A refusal is looked into even when nobody has the document open: its text is not to be lost.
    const document = outcome.state === "saved" ? this.shelf.get(id) : this.take(id);
    document?.settled(record, outcome);
  }

  /** After each burst: takes up what is held, lets go of what is not needed. */
  settle(): void {
    if (this.host.number() !== null) {
      for (const record of this.host.pending()) {
        if (record.held && record.lane.startsWith(PREFIX)) {
          this.take(record.lane.slice(PREFIX.length));
        }
      }
    }
    this.tidy();
  }

  private tidy(): void {
    for (const [id, document] of this.shelf) {
      if (document.users > 0 || document.busy) continue;
      this.shelf.delete(id);
      document.destroy();
    }
  }

  destroy(): void {
    for (const document of this.shelf.values()) document.destroy();
    this.shelf.clear();
  }
}
