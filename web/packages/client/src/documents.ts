/**
 * Shared documents: binds a Yjs document to the log.
 *
 * Own edits become operations of the lane `documents/<id>`, one in flight at a time; what is typed
 * meanwhile is merged into the one that waits. The document is built anew from the confirmed state
 * and what is pending when an edit was refused, taken out, or the session has another number.
 */
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { readDocument } from "./documentParts";
import { build, clockOf, type Edit, REMOTE } from "./documentBuild";
import type { Event } from "./generated/frames.gen";
import { Cell, type Observable } from "./observable";
import { Presence } from "./presence";
import type { Outcome, OutboxRecord } from "./session";
import { isMap } from "./wire";
import { clocksOf, split, textOf } from "./yjsUpdate";

export const RICH_FIELD = "content";
export const TEXT_FIELD = "content";

export interface DocumentSnapshot {
  readonly id: string;
  /** Grows when `ydoc` and `awareness` were replaced. */
  readonly version: number;
  readonly ydoc: Y.Doc | null;
  readonly awareness: Awareness | null;
  readonly state: "loading" | "ready";
  readonly saved: boolean;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface DocumentHandle extends Observable<DocumentSnapshot> {
  close(): void;
}

/** What a document needs of its conference. */
export interface DocumentHost {
  /** Own session number; null before the first welcome. */
  number(): number | null;
  /** Sequence up to which events were told. */
  sequence(): number;
  get(query: string, args: unknown): Promise<unknown>;
  submit(body: UpdateBody, number: number, held: boolean): boolean;
  amend(record: OutboxRecord, body: UpdateBody, number: number): boolean;
  drop(record: OutboxRecord): void;
  /** Unsettled operations of this document, in order. */
  lane(document: string): readonly OutboxRecord[];
  live(document: string, update: Uint8Array): boolean;
  notice(document: string, code: string, message: string, text: string): void;
  nowMs(): number;
}

export interface UpdateBody {
  readonly document: string;
  readonly from: number;
  readonly to: number;
  readonly update: Uint8Array;
}

/** What waits is merged up to here; one keystroke rewrites all of it in the browser's storage. */
const MERGED_BYTES_MAX = 16 * 1024;
const SPLIT_BYTES_MAX = 64 * 1024;
const BUFFERED_EVENTS_MAX = 10_000;
const RETRY_MS = 1_000;

const TAKEN_OUT = "Some of what you typed could not be saved. Its text is kept here for you.";

interface Content {
  readonly updates: readonly Uint8Array[];
  readonly sequence: number;
  readonly clock: number;
}

interface Later {
  readonly sequence: number;
  readonly number: number;
  readonly to: number;
  readonly update: Uint8Array;
}

export function laneOf(document: string): string {
  return `documents/${document}`;
}

export function bodyOf(value: unknown): UpdateBody | null {
  if (!isMap(value)) return null;
  const { document, from, to, update } = value;
  if (typeof document !== "string" || typeof from !== "number") return null;
  if (typeof to !== "number") return null;
  return update instanceof Uint8Array ? { document, from, to, update } : null;
}

function contentOf(answer: unknown): Content | null {
  if (!isMap(answer)) return null;
  const { base, updates, sequence, clock } = answer;
  if (!Array.isArray(updates) || typeof sequence !== "number") return null;
  const all = [base, ...(updates as unknown[])].filter((u) => u instanceof Uint8Array);
  return { updates: all, sequence, clock: typeof clock === "number" ? clock : 0 };
}

export class SharedDocument implements DocumentHandle {
  private readonly cell: Cell<DocumentSnapshot>;
  private ydoc: Y.Doc | null = null;
  private presence: Presence | null = null;
  /** Number the document was built for. */
  private number: number | null = null;
  /** Grows with each load: an older answer is not used. */
  private load = 0;
  private loading = false;
  /** The document may not be mended by adding to it. */
  private mustRebuild = true;
  private later: Later[] = [];
  /** Edits that ended without a known outcome; the confirmed state shows it. */
  private doubtful: Edit[] = [];
  private refused = "";
  private timer: ReturnType<typeof setTimeout> | null = null;
  users = 0;

  constructor(
    readonly id: string,
    private readonly host: DocumentHost,
    private readonly unused: (document: SharedDocument) => void,
  ) {
    this.cell = new Cell<DocumentSnapshot>({
      id,
      version: 0,
      ydoc: null,
      awareness: null,
      state: "loading",
      saved: host.lane(id).length === 0,
      error: null,
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => this.cell.subscribe(listener);
  readonly getSnapshot = (): DocumentSnapshot => this.cell.getSnapshot();

  close(): void {
    this.users = Math.max(0, this.users - 1);
    this.unused(this);
  }

  /** Whether something of it must still be saved or mended. */
  get busy(): boolean {
    return this.loading || this.doubtful.length > 0 || this.host.lane(this.id).length > 0;
  }

  destroy(): void {
    this.load += 1;
    if (this.timer !== null) clearTimeout(this.timer);
    this.presence?.destroy();
    this.ydoc?.destroy();
    this.ydoc = this.presence = null;
  }

  // What the conference tells

  /** A welcome. Shape: `continued` when events go on where they ended. */
  welcomed(continued: boolean, sameEpoch: boolean): void {
    if (!sameEpoch || this.number !== this.host.number()) this.mustRebuild = true;
    if (!continued || this.mustRebuild || this.loading) this.reload();
    else this.presence?.tell();
  }

  followed(event: Event, sequence: number): void {
    if (!isMap(event.body)) return;
    if (event.type === "voided") {
      this.mustRebuild = true;
      if (event.body["number"] === this.number) this.refused = "document_invalid";
      this.reload();
      return;
    }
    const { number, to, update } = event.body;
    if (event.type !== "updated" || typeof number !== "number" || typeof to !== "number") return;
    if (!(update instanceof Uint8Array)) return;
    if (!this.loading) this.apply(number, to, update);
    else if (this.later.length < BUFFERED_EVENTS_MAX) {
      this.later.push({ sequence, number, to, update });
    } else this.reload();
  }

  settled(record: OutboxRecord, outcome: Outcome): void {
    this.show({});
    const body = bodyOf(record.body);
    if (outcome.state === "saved" || body === null) return;
    const edit = { ...body, id: record.id, number: record.number, sent: true };
    if (outcome.code === "outcome_unknown") this.doubtful.push(edit);
    else {
      this.refused = outcome.code;
      this.offer([edit], outcome.message);
    }
    this.mustRebuild = true;
    this.reload();
  }

  live(number: number, update: unknown): void {
    this.presence?.received(number, update);
  }

  gone(number: number): void {
    this.presence?.gone(number);
  }

  present(numbers: ReadonlySet<number>): void {
    this.presence?.keepOnly(numbers);
  }

  // Loading

  private reload(): void {
    this.load += 1;
    this.loading = true;
    this.later = [];
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.show({ state: "loading" });
    if (this.host.number() !== null) void this.fetch(this.load);
  }

  private async fetch(load: number): Promise<void> {
    const least = this.host.sequence();
    let problem = { code: "request_failed", message: "The document could not be read just now." };
    try {
      const get = (query: string, args: unknown) => this.host.get(query, args);
      const content = contentOf(await readDocument(get, this.id));
      if (load !== this.load) return;
      if (content !== null && content.sequence >= least) {
        this.loaded(content);
        return;
      }
    } catch (error) {
      if (isMap(error) && typeof error["code"] === "string") {
        problem = { code: error["code"], message: String(error["message"]) };
      }
    }
    if (load !== this.load) return;
    this.show({ error: problem });
    this.timer = setTimeout(() => this.reload(), RETRY_MS);
  }

  private loaded(content: Content): void {
    this.loading = false;
    const later = this.later.filter((event) => event.sequence > content.sequence);
    this.later = [];
    try {
      if (this.mustRebuild || this.ydoc === null) this.rebuild(content, later);
      else {
        for (const update of content.updates) Y.applyUpdate(this.ydoc, update, REMOTE);
        for (const event of later) this.apply(event.number, event.to, event.update);
        this.presence?.tell();
      }
      this.show({ state: "ready", error: null });
    } catch (error) {
      const message = "This document is damaged. It is being repaired.";
      this.show({ error: { code: "document_invalid", message } });
      this.mustRebuild = true;
      this.timer = setTimeout(() => this.reload(), RETRY_MS);
      if (!(error instanceof Error)) throw error;
    }
  }

  private rebuild(content: Content, later: readonly Later[]): void {
    const number = this.host.number();
    if (number === null) return;
    const own = later.filter((event) => event.number === number).map((event) => event.to);
    const records = this.host.lane(this.id);
    const edits = records.flatMap((record): Edit[] => {
      const body = bodyOf(record.body);
      const sent = record.counter !== 0;
      return body === null ? [] : [{ ...body, id: record.id, number: record.number, sent }];
    });
    const confirmed = [...content.updates, ...later.map((event) => event.update)];
    const built = build(confirmed, number, Math.max(content.clock, ...own), edits);
    const clocks = built.ydoc;
    this.offer(
      this.doubtful.filter((edit) => edit.to > edit.from && clockOf(clocks, edit.number) < edit.to),
      "",
    );
    this.doubtful = [];
    this.replace(built.ydoc, number);
    for (const edit of built.edits) {
      const record = records.find((r) => r.id === edit.id);
      if (record !== undefined && (edit.changed || record.held)) {
        const { from, to, update } = edit;
        this.host.amend(record, { document: this.id, from, to, update }, number);
      }
    }
    for (const edit of built.lost) {
      const record = records.find((r) => r.id === edit.id);
      if (record !== undefined) this.host.drop(record);
    }
    this.offer(built.lost, "");
    this.mustRebuild = false;
    this.refused = "";
  }

  private replace(ydoc: Y.Doc, number: number): void {
    const state = this.presence?.carriedOver() ?? null;
    const before = { ydoc: this.ydoc, presence: this.presence };
    before.ydoc?.off("update", this.edited);
    this.ydoc = ydoc;
    this.number = number;
    ydoc.on("update", this.edited);
    const send = (update: Uint8Array) => this.host.live(this.id, update);
    this.presence = new Presence(ydoc, send, this.host.nowMs(), state);
    const { version } = this.getSnapshot();
    this.show({ version: version + 1, ydoc, awareness: this.presence.awareness });
    before.presence?.destroy();
    // The editor still holds the old document until it was drawn anew.
    setTimeout(() => before.ydoc?.destroy(), RETRY_MS);
  }

  private apply(number: number, to: number, update: Uint8Array): void {
    if (this.ydoc === null) return;
    if (number === this.number && clockOf(this.ydoc, number) >= to) return; // our own words
    try {
      Y.applyUpdate(this.ydoc, update, REMOTE);
    } catch {
      return; // the documents server takes it out, and then everybody builds anew
    }
    if (this.ydoc.clientID !== this.number) {
      // Something else wrote under our number: start from what is confirmed.
      this.mustRebuild = true;
      this.reload();
    }
  }

  // Own edits

  private readonly edited = (update: Uint8Array, origin: unknown): void => {
    if (origin === REMOTE || this.ydoc === null || this.number === null) return;
    const clock = clockOf(this.ydoc, this.number);
    for (const part of split(update, SPLIT_BYTES_MAX)) {
      const { from, to } = clocksOf(part, this.number) ?? { from: clock, to: clock };
      this.submit({ document: this.id, from, to, update: part });
    }
    this.show({});
  };

  private submit(body: UpdateBody): void {
    const { number } = this;
    if (number === null) return;
    const held = this.mustRebuild;
    const last = this.host.lane(this.id).at(-1);
    const waiting = last === undefined ? null : bodyOf(last.body);
    const mergeable =
      last !== undefined &&
      waiting !== null &&
      last.counter === 0 &&
      last.number === number &&
      !last.held &&
      !held &&
      waiting.update.length + body.update.length <= MERGED_BYTES_MAX;
    if (mergeable) {
      const update = Y.mergeUpdates([waiting.update, body.update]);
      const merged = { ...body, from: waiting.from, update };
      if (this.host.amend(last, merged, number)) return;
    }
    if (!this.host.submit(body, number, held)) {
      this.offer([{ ...body, id: "", number, sent: false }], "");
      this.mustRebuild = true;
      this.reload();
    }
  }

  private offer(edits: readonly Edit[], message: string): void {
    if (edits.length === 0) return;
    const text = edits.map((edit) => textOf(edit.update)).join("");
    const code = this.refused === "" ? "document_rebuilt" : this.refused;
    this.host.notice(this.id, code, message === "" ? TAKEN_OUT : message, text);
  }

  private show(change: Partial<DocumentSnapshot>): void {
    const before = this.getSnapshot();
    const after = { ...before, saved: this.host.lane(this.id).length === 0, ...change };
    const same = (Object.keys(after) as (keyof DocumentSnapshot)[]).every(
      (key) => after[key] === before[key],
    );
    if (!same) this.cell.set(after);
  }
}
