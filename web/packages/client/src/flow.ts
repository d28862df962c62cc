/**
 * What happens inside a conference: the session core's effects are performed, and what came of them
 * is shown.
 *
 * Everything that decides is in the core, in `apps` and in `documentBuild`; what a person asks for
 * comes by `conference`.
 */
import type { Fetch } from "./api";
import { Connection, type ConnectionHost } from "./connection";
import { DocumentShelf } from "./documentShelf";
import type { Batch, Event } from "./generated/frames.gen";
import { Cell, Listeners } from "./observable";
import { Operations, type Submitted } from "./operations";
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
import { FIRST_STATUS, Notices, StatusBoard } from "./status";
import type { Slot } from "./store";

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

const FULL: Outcome = {
  state: "failed",
  code: "outbox_full",
  message: "Too much waits to be saved. Try again when the connection is back.",
  position: null,
};

export class Flow {
  readonly parts: Parts;
  readonly core: SessionCore;
  readonly connection: Connection;
  readonly board: StatusBoard;
  readonly noticeBoard = new Notices();
  readonly outcomes = new Operations();
  readonly requests: Requests;
  readonly shelf: DocumentShelf;
  readonly lives = new Listeners<LiveMessage>();
  readonly events = new Listeners<ConferenceEvent>();
  readonly servicesAway = new Cell<readonly string[]>([]);
  /** Nothing more happens. */
  closed = false;

  private previews: Previews = NO_PREVIEWS;
  private sequence = 0;
  private epoch = "";

  constructor(
    private readonly slot: Slot,
    private readonly io: ConferenceIo,
    name: string,
  ) {
    this.core = new SessionCore(slot.meta?.credentials ?? null, slot.records);
    this.board = new StatusBoard({ ...FIRST_STATUS, name });
    this.parts = this.newParts();
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
      timed: (sentMs, receivedMs, timeMs) => this.parts.talk.timed(sentMs, receivedMs, timeMs),
    });
    this.requests = new Requests((frame) => this.core.attached && this.connection.send(frame));
    this.shelf = this.newShelf();
  }

  begin(): void {
    this.connection.flush();
    this.connection.wake();
  }

  private newParts(): Parts {
    return new Parts({
      submit: (app, type, body) => this.submit(app, type, body),
      get: (query, args) => this.requests.get(query, args),
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
  }

  private newShelf(): DocumentShelf {
    return new DocumentShelf({
      number: () => this.core.identity?.number ?? null,
      sequence: () => this.sequence,
      get: (query, args) => this.requests.get(query, args),
      submit: (lane, type, body, number, held) =>
        this.enqueue("documents", type, body, lane, number, held) !== null,
      amend: (record, body, number) => this.flushed(this.core.amend(record.id, body, number)),
      drop: (record) => void this.flushed(this.core.drop(record.id)),
      pending: () => this.core.pending,
      live: (topic, body) => this.sendLive(topic, body),
      notice: (notice) => this.noticeBoard.add(notice),
      nowMs: this.io.wallMs,
    });
  }

  submit(app: string, type: string, body: unknown): Submitted {
    const id = this.enqueue(app, type, body, "", 0, false);
    if (id !== null) return this.outcomes.promise(id);
    const lost = { id: this.slot.newId(), app, type, body, atMs: this.io.wallMs() };
    this.outcomes.fail(lost, FULL);
    this.settle();
    return { id: lost.id, outcome: Promise.resolve(FULL) };
  }

  sendLive(topic: string, body: unknown): boolean {
    return this.core.attached && this.connection.send({ frame: "live", topic, body });
  }

  end(code: string, message: string): void {
    this.closed = true;
    this.shelf.destroy();
    this.parts.destroy();
    this.connection.stop();
    this.requests.failAll("request_failed", "");
    this.board.closed(code, message);
    this.board.destroy();
  }

  /** Shows what came of a burst of effects, once. */
  settle(): void {
    this.board.set({ unsaved: this.core.pending.length, storage: this.slot.health });
    this.outcomes.show(this.core.pending);
    this.parts.settle(this.outcomes.cell.getSnapshot(), this.previews);
    this.shelf.settle();
  }

  /** Who this is, or was when the page was last here. */
  private get self(): string | null {
    return this.core.identity?.person ?? this.board.cell.getSnapshot().person;
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
        if (frame.code === "live_dropped") this.parts.talk.dropped();
        this.requests.fail(frame.request, frame.code, frame.message);
        return;
      case "servers":
        this.connection.useServers(frame.paths);
        this.servicesAway.set(frame.away);
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
}
