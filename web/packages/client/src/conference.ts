/**
 * A conference as the page sees it: one session of it, and its parts.
 *
 * It performs the session core's effects: keeps, reduces, shows. Everything that decides is in the
 * core, in `apps` and in `documentBuild`; what a person can do in each application is in `parts`.
 */
import type { DocumentKind } from "./apps/documentList";
import type { ExportFormat } from "./apps/exports";
import { Connection, type ConnectionHost } from "./connection";
import type { Fetch } from "./api";
import { DocumentShelf } from "./documentShelf";
import type { DocumentHandle } from "./documents";
import type { Batch, Event } from "./generated/frames.gen";
import { Cell, Listeners, type Observable } from "./observable";
import { Operations, type OperationView, type Submitted } from "./operations";
import { Parts } from "./parts";
import { AWARENESS_TOPIC } from "./presence";
import {
  NO_PREVIEWS,
  type Previews,
  previewsAfter,
  previewsFollowed,
  previewsSettled,
} from "./previews";
import { Requests } from "./requests";
import { type Effect, type Outcome, SessionCore } from "./session";
import { FIRST_STATUS, type Notice, Notices, type Status, StatusBoard } from "./status";
import type { Slot } from "./store";
import { textOf } from "./apps/values";
import { isMap } from "./wire";

export interface LiveMessage {
  /** Session that sent it, and whose it is (empty when not known). */
  readonly number: number;
  readonly person: string;
  readonly topic: string;
  readonly body: unknown;
}

export interface ConferenceEvent extends Event {
  readonly sequence: number;
  readonly timeMs: number;
}

export type ConferenceIo = Omit<ConnectionHost, "perform" | "settle" | "timed"> & {
  /** Where the page came from; servers' paths are relative to it. */
  readonly origin: string;
  /** Milliseconds of the wall clock. */
  wallMs(): number;
  readonly fetch: Fetch;
};

const LEAVE_WAIT_MS = 2_000;
const FULL: Outcome = {
  state: "failed",
  code: "outbox_full",
  message: "Too much waits to be saved. Try again when the connection is back.",
  position: null,
};

export class Conference {
  private readonly parts = new Parts({
    submit: (app, type, body) => this.submit(app, type, body),
    get: (query, args) => this.get(query, args),
    sendLive: (topic, body) => this.sendLive(topic, body),
    settle: () => this.settle(),
    self: () => this.self,
    person: () => this.core.identity?.person ?? null,
    origins: () => this.connection.origins,
    fetch: (...request) => this.io.fetch(...request),
    random: () => this.io.random(),
    nowMs: () => this.io.nowMs(),
    wallMs: () => this.io.wallMs(),
  });

  readonly status: Observable<Status>;
  readonly operations: Observable<readonly OperationView[]>;
  readonly notices: Observable<readonly Notice[]>;
  readonly roster = this.parts.roster;
  readonly chat = this.parts.chat;
  /** What a person can do in the chat. */
  readonly messages = this.parts.messages;
  readonly documents = this.parts.documents;
  /** What a person can do with the list of documents. */
  readonly library = this.parts.library;
  /** Polls, questions, hands, agenda and reactions. */
  readonly talk = this.parts.talk;
  /** Roles, doors and settings, for those who run the room. */
  readonly people = this.parts.people;
  /** Links for editors that are not ours, for those who run the room. */
  readonly editors = this.parts.editors;
  /** Rooms beside this one. */
  readonly breakouts = this.parts.breakouts;
  /** Decks of slides. */
  readonly slides = this.parts.slides;
  /** What is shown to everybody. */
  readonly stage = this.parts.stage;
  /** Files that people share, and pictures of other parts. */
  readonly files = this.parts.files;
  /** One's own exports, oldest first. */
  readonly exports = this.parts.exports;
  /** Services of the room, such as "export", that nobody offers just now. */
  readonly servicesAway: Observable<readonly string[]>;

  private readonly servicesAwayCell = new Cell<readonly string[]>([]);
  private previews: Previews = NO_PREVIEWS;
  private sequence = 0;
  private epoch = "";
  private closed = false;

  private readonly core: SessionCore;
  private readonly connection: Connection;
  private readonly board: StatusBoard;
  private readonly noticeBoard = new Notices();
  private readonly outcomes = new Operations();
  private readonly requests: Requests;
  private readonly shelf: DocumentShelf;
  private readonly lives = new Listeners<LiveMessage>();
  private readonly events = new Listeners<ConferenceEvent>();

  constructor(
    private readonly slot: Slot,
    private readonly io: ConferenceIo,
    name: string,
  ) {
    this.core = new SessionCore(slot.meta?.credentials ?? null, slot.records);
    this.board = new StatusBoard({ ...FIRST_STATUS, name });
    const { admit, servers, random, nonce, openSocket, nowMs } = io;
    this.connection = new Connection(this.core, io.origin, {
      admit,
      servers,
      random,
      nonce,
      openSocket,
      nowMs,
      perform: (effect) => this.perform(effect),
      settle: () => this.settle(),
      timed: (sentMs, receivedMs, timeMs) => this.talk.timed(sentMs, receivedMs, timeMs),
    });
    this.requests = new Requests((frame) => this.core.attached && this.connection.send(frame));
    this.shelf = new DocumentShelf({
      number: () => this.core.identity?.number ?? null,
      sequence: () => this.sequence,
      get: (query, args) => this.get(query, args),
      submit: (lane, type, body, number, held) =>
        this.enqueue("documents", type, body, lane, number, held) !== null,
      amend: (record, body, number) => this.flushed(this.core.amend(record.id, body, number)),
      drop: (record) => void this.flushed(this.core.drop(record.id)),
      pending: () => this.core.pending,
      live: (topic, body) => this.sendLive(topic, body),
      notice: (notice) => this.noticeBoard.add(notice),
      nowMs: io.wallMs,
    });
    this.status = this.board.cell;
    this.operations = this.outcomes.cell;
    this.notices = this.noticeBoard.cell;
    this.servicesAway = this.servicesAwayCell;
    this.connection.flush();
    this.connection.wake();
  }

  // What a person does

  post(text: string): Submitted {
    return this.messages.say({ text });
  }

  rename(name: string): Submitted {
    this.board.set({ name });
    if (this.slot.meta !== null) this.slot.keepMeta({ ...this.slot.meta, name });
    return this.submit("roster", "rename", { name });
  }

  createDocument(document: string, kind: DocumentKind, title: string): Submitted {
    return this.library.create(document, kind, title);
  }

  /** Asks for a copy of the room; what becomes of it is in `exports`. */
  requestExport(formats: readonly ExportFormat[]): Submitted {
    return this.submit("exports", "request", { formats: formats.toSorted() });
  }

  /**
   * Where a finished export is downloaded, for a minute; an archive is named by the address of the
   * room (`slug`), if it has one. Throws `ApiError`.
   */
  async exportPath(id: string, slug = ""): Promise<string> {
    const answer = await this.get("export", { export: id });
    const told = isMap(answer) ? answer : {};
    const room = slug || textOf(told["room"]);
    const path = `/api/v1/rooms/${encodeURIComponent(room)}/exports/${encodeURIComponent(id)}`;
    return `${path}?${new URLSearchParams({ ticket: textOf(told["ticket"]) }).toString()}`;
  }

  submit(app: string, type: string, body: unknown): Submitted {
    const id = this.enqueue(app, type, body, "", 0, false);
    if (id !== null) return this.outcomes.promise(id);
    const lost = { id: this.slot.newId(), app, type, body, atMs: this.io.wallMs() };
    this.outcomes.fail(lost, FULL);
    this.settle();
    return { id: lost.id, outcome: Promise.resolve(FULL) };
  }

  dismiss(operation: string): void {
    this.outcomes.takeFailed(operation);
    this.settle();
  }

  retry(operation: string): Submitted | null {
    const failed = this.outcomes.takeFailed(operation);
    return failed === null ? null : this.submit(failed.app, failed.type, failed.body);
  }

  dismissNotice(id: string): void {
    this.noticeBoard.dismiss(id);
  }

  get(query: string, args: unknown): Promise<unknown> {
    return this.requests.get(query, args);
  }

  sendLive(topic: string, body: unknown): boolean {
    return this.core.attached && this.connection.send({ frame: "live", topic, body });
  }

  onLive(listener: (live: LiveMessage) => void): () => void {
    return this.lives.add(listener);
  }

  onEvent(listener: (event: ConferenceEvent) => void): () => void {
    return this.events.add(listener);
  }

  openDocument(document: string): DocumentHandle {
    return this.shelf.open(document);
  }

  // Coming and going

  /** Left or closed for good: nothing more happens. */
  get over(): boolean {
    return this.closed;
  }

  /** Tells the person something that concerns the room. */
  tell(notice: Omit<Notice, "id">): void {
    this.noticeBoard.add(notice);
  }

  /** A good moment to try again, or to see whether the connection still lives. */
  wake(): void {
    if (!this.closed && this.status.getSnapshot().phase !== "closed") this.connection.wake();
  }

  /** Tries again at once, also after an end that does not come back by itself. */
  reconnect(): void {
    if (this.closed) return;
    this.board.waking(this.core.identity !== null);
    this.connection.wake();
  }

  /** Ends the session for good, whether or not a server can be told in time. */
  async leave(): Promise<void> {
    if (this.closed) return;
    this.core.leaving = true;
    const left = this.submit("roster", "leave", {});
    const late = new Promise((resolve) => setTimeout(resolve, LEAVE_WAIT_MS));
    await Promise.race([left.outcome, late]);
    this.end("left", "You have left this room.");
    this.slot.destroy();
  }

  /** Lets go; the next tab of this room can take the session up. */
  close(): void {
    if (this.closed) return;
    this.end("closed", "");
    this.slot.release();
  }

  private end(code: string, message: string): void {
    this.closed = true;
    this.shelf.destroy();
    this.parts.destroy();
    this.connection.stop();
    this.requests.failAll("request_failed", "");
    this.board.closed(code, message);
    this.board.destroy();
  }

  // Inside

  /** Who this is, or was when the page was last here. */
  private get self(): string | null {
    return this.core.identity?.person ?? this.status.getSnapshot().person;
  }

  private enqueue(
    app: string,
    type: string,
    body: unknown,
    lane: string,
    number: number,
    held: boolean,
  ): string | null {
    if (this.closed) return null;
    const id = this.slot.newId();
    const atMs = this.io.wallMs();
    const record = this.core.submit({ id, app, type, body, lane, number, atMs }, held);
    this.connection.flush();
    return record === null ? null : id;
  }

  private flushed<T>(result: T): T {
    this.connection.flush();
    return result;
  }

  private perform(effect: Effect): void {
    switch (effect.kind) {
      case "keep":
        this.slot.keep(effect.record);
        return;
      case "forget":
        this.slot.forget(effect.id);
        return;
      case "credentials":
        this.slot.keepCredentials(effect.credentials, this.io.wallMs());
        return;
      case "settled":
        this.outcomes.settled(effect.record, effect.outcome);
        this.shelf.settled(effect.record, effect.outcome);
        return;
      case "welcomed":
        this.welcomed(effect);
        return;
      case "batch":
        this.followed(effect.batch);
        return;
      case "frame":
        this.received(effect.frame);
        return;
      case "reconnect":
        this.board.reconnecting(effect.code, effect.message);
        return;
      case "stop":
        this.board.closed(effect.code, effect.message);
        this.requests.failAll("request_failed", effect.message);
        return;
      case "send":
      case "disconnect":
        return; // the connection's own
    }
  }

  /** Attaching waits for the log: all goes on meanwhile but saving. */
  private goesOnEarly(): void {
    const { identity } = this.core;
    const server = this.connection.server;
    if (identity === null || server === null) return;
    this.board.connected(server, identity.person, identity.number);
    this.board.set({ savingPaused: true });
  }

  private welcomed({ welcome, moved }: Extract<Effect, { kind: "welcomed" }>): void {
    const { resumed, position, state, person, number } = welcome;
    const sameEpoch = this.epoch === position.epoch;
    if (!resumed) {
      this.epoch = position.epoch;
      this.sequence = position.sequence;
      this.previews = NO_PREVIEWS;
      this.parts.replaced(state);
    }
    const server = this.connection.link.server ?? welcome.server;
    this.board.connected(server, person, number, moved);
    this.requests.again();
    this.shelf.welcomed(resumed, sameEpoch);
    if (!resumed) this.shelf.present(this.parts.attached);
  }

  private followed(batch: Batch): void {
    this.sequence = batch.sequence;
    this.previews = previewsFollowed(this.previews, batch.events);
    for (const event of batch.events) {
      this.parts.followed(event, batch.time_ms);
      if (event.app === "roster") this.shelf.session(event);
      else if (event.app === "documents") this.shelf.followed(event, batch.sequence);
      this.events.tell({ ...event, sequence: batch.sequence, timeMs: batch.time_ms });
    }
  }

  private received(frame: Extract<Effect, { kind: "frame" }>["frame"]): void {
    switch (frame.frame) {
      case "live": {
        const { number, topic, body } = frame;
        if (topic.startsWith(AWARENESS_TOPIC)) this.shelf.live(topic, number, body);
        const person = this.parts.live(number, topic, body);
        this.lives.tell({ number, person, topic, body });
        return;
      }
      case "got":
        this.requests.answer(frame.request, frame.body);
        return;
      case "fault":
        if (frame.code === "live_dropped") this.talk.dropped();
        this.requests.fail(frame.request, frame.code, frame.message);
        return;
      case "servers":
        this.connection.useServers(frame.paths);
        this.servicesAwayCell.set(frame.away);
        return;
      case "move":
        this.connection.moveOver(frame.paths);
        return;
      case "saving":
        this.board.set({ savingPaused: frame.paused });
        return;
      case "pending": {
        const own = this.core.identity?.number ?? null;
        this.previews = previewsAfter(this.previews, frame.events, own, this.io.wallMs());
        return;
      }
      case "settled":
        this.previews = previewsSettled(this.previews, frame.number, frame.through);
        return;
      case "attaching":
        this.goesOnEarly();
        return;
      case "pong":
      case "head":
        return;
    }
  }

  /** Shows what came of a burst of effects, once. */
  private settle(): void {
    this.board.set({ unsaved: this.core.pending.length, storage: this.slot.health });
    this.outcomes.show(this.core.pending);
    this.parts.settle(this.operations.getSnapshot(), this.previews);
    this.shelf.settle();
  }
}
