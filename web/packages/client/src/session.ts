/**
 * The session core: attachments and what follows from them, without any I/O; `ledger.ts` numbers
 * operations and knows what became of them.
 *
 * Inputs are methods; what they lead to is in `takeEffects()`, and the host performs the effects in
 * their order (what is kept is kept before it is sent). No socket, timer, storage, clock or
 * randomness lives here. The rules are those of docs/protocol.md; what keeps an operation from
 * being lost or doubled is that a counter is given once, kept, and only a welcome or outcome
 * settles it.
 */
import {
  codeOfClose,
  type Credentials,
  type Effect,
  messageOf,
  type Ticket,
} from "./effects";
import { CODES, type CodeName } from "./generated/codes.gen";
import type {
  Bye,
  ClientFrame,
  Events,
  Position,
  Rejection,
  ServerFrame,
  Welcome,
} from "./generated/frames.gen";
import { PROTOCOL_REVISION, PROTOCOL_VERSION } from "./generated/limits.gen";
import { type Ending, Ledger } from "./ledger";
import type { NewOperation, OutboxRecord } from "./outbox";

export { messageOf } from "./effects";
export type { Credentials, Effect, Outcome, PassedFrame, Ticket } from "./effects";
export type { NewOperation, OutboxRecord } from "./outbox";

const START: Position = { epoch: "", sequence: 0 };
/** Attach again so often on one connection before it is given up. */
const ATTACH_TRIES_MAX = 8;

/** Somebody decided that this session is over: it is not for the client to begin another one. */
const FINAL_ENDINGS: ReadonlySet<string> = new Set([
  "left",
  "removed",
  "banned",
  "denied",
  "ended",
]);

type Phase = "offline" | "attaching" | "attached";

export class SessionCore {
  /** Set before the operation `leave`: the end of the session is then what was asked for. */
  leaving = false;

  private phase: Phase = "offline";
  /** The attachment waits for the log, and operations are taken meanwhile. */
  private early = false;
  private ticket: Ticket | null = null;
  private generationAsked = 0;
  private attachTries = 0;
  private position: Position = START;
  /** How far our server is known to be: what it applied may not have concerned us. */
  private heard = 0;
  private bye: Bye | null = null;
  /** We asked another server to attach us while this one goes on. */
  private askedElsewhere = false;
  private waits = false;
  private effects: Effect[] = [];
  private readonly ledger: Ledger;

  constructor(
    private credentials: Credentials | null,
    records: readonly OutboxRecord[],
  ) {
    this.ledger = new Ledger(records, (effect) => void this.effects.push(effect));
    // Counters of a session that is not known any more: nothing will tell their outcome.
    if (credentials === null) this.sessionClosed(null);
  }

  get attached(): boolean {
    return this.phase === "attached";
  }

  get identity(): Credentials | null {
    return this.credentials;
  }

  /** Whether the host must fetch a ticket before it connects. */
  get needsTicket(): boolean {
    return this.credentials === null && this.ticket === null;
  }

  get pending(): readonly OutboxRecord[] {
    return this.ledger.records;
  }

  /** Whether an operation was sent whose outcome is not known. */
  get awaiting(): boolean {
    return this.attached && this.ledger.sent.length > 0;
  }

  /** How far our server is known to be; no place at all while there is none. */
  get reached(): Position {
    return this.attached ? { epoch: this.position.epoch, sequence: this.heard } : START;
  }

  takeEffects(): Effect[] {
    const effects = this.effects;
    this.effects = [];
    return effects;
  }

  useTicket(ticket: Ticket): void {
    this.ticket = ticket;
    this.generationAsked = 1;
  }

  // Operations

  /** Takes an operation into the outbox; null when that is full. `held`: until it is amended. */
  submit(operation: NewOperation, held = false): OutboxRecord | null {
    const record = this.ledger.add(operation, held);
    if (record !== null) this.pump();
    return record;
  }

  /** Replaces the body of an operation that was never sent, and lets it go; false when too late. */
  amend(id: string, body: unknown, number: number): boolean {
    const done = this.ledger.amend(id, body, number);
    if (done) this.pump();
    return done;
  }

  /** Takes back an operation that was never sent; false when too late. */
  drop(id: string): boolean {
    const done = this.ledger.drop(id);
    if (done) this.pump();
    return done;
  }

  // The connection

  /** A connection is open: says who we are. Caller: `needsTicket` is false. */
  opened(): void {
    this.phase = "attaching";
    this.bye = null;
    this.attachTries = 0;
    if (this.credentials !== null) this.generationAsked = this.credentials.generation + 1;
    this.sendAttach();
  }

  received(frame: ServerFrame): void {
    switch (frame.frame) {
      case "welcome":
        if (this.phase === "attaching") this.welcomed(frame);
        else if (this.phase === "attached") this.renewed(frame);
        return;
      case "events":
        if (this.phase === "attached") this.followed(frame);
        return;
      case "outcomes":
        if (this.phase === "attached") {
          this.hear(frame.sequence);
          this.decided(frame.through, frame.rejected, frame.sequence);
          this.pump();
        }
        return;
      case "attaching":
        if (this.phase === "attaching" && frame.generation === this.generationAsked) {
          this.early = true;
          this.effects.push({ kind: "frame", frame });
          this.sendAgain();
        }
        return;
      case "pong":
        if (this.phase === "attached") this.hear(frame.sequence);
        break;
      case "bye":
        this.bye = frame;
        this.phase = "offline";
        this.effects.push({ kind: "disconnect" });
        return;
      case "fault":
        if (frame.code === "attach_refused" && this.phase === "attaching") {
          this.attachAgain(frame.generation + 1);
          return;
        }
        break;
    }
    this.effects.push({ kind: "frame", frame });
  }

  // Moving: another connection, while this one goes on

  /** What to say on the connection to go over to; null when there is nothing to go over with. */
  moveFrame(): ClientFrame | null {
    if (this.phase !== "attached" || this.credentials === null) return null;
    this.askedElsewhere = true;
    this.waits = false;
    return this.resumeFrame(this.credentials.token, this.credentials.generation + 1);
  }

  /**
   * A frame on that connection, through the welcome. "moved": it is the session's own from now on,
   * and the other one is of no more use; "failed": it will not come to that.
   */
  receivedElsewhere(frame: ServerFrame): "moved" | "failed" | null {
    switch (frame.frame) {
      case "welcome": {
        const same = frame.position.epoch === this.position.epoch;
        // It would show an older state than is known here.
        if (same && !frame.resumed && frame.position.sequence < this.position.sequence) {
          return "failed";
        }
        this.bye = null;
        this.welcomed(frame, true);
        return "moved";
      }
      case "bye":
        return "failed";
      case "attaching":
        this.waits = frame.generation === (this.credentials?.generation ?? 0) + 1;
        return null;
      case "fault":
        if (frame.code !== "attach_refused") return null;
        this.askedElsewhere = false;
        return "failed";
      default:
        return null;
    }
  }

  /** The server to go over to waits for the log. */
  get waitsElsewhere(): boolean {
    return this.waits;
  }

  /**
   * Our own server is given up while we are still asking elsewhere: what was told there meanwhile
   * and what follows is for `received` now. Caller: nothing came from it since `moveFrame`.
   */
  givenUp(): void {
    this.phase = "attaching";
    this.early = false;
    this.askedElsewhere = false;
    this.bye = null;
    this.attachTries = 0;
    this.generationAsked = (this.credentials?.generation ?? 0) + 1;
  }

  /** Whether our own server let us go since we are attached elsewhere: the welcome is coming. */
  get handedOver(): boolean {
    return this.askedElsewhere && this.bye?.code === "taken_over";
  }

  /** The connection has ended, for whatever cause. Shape: `close` is its WebSocket code, or 0. */
  closed(close: number): void {
    const wasResuming = this.credentials !== null;
    const bye = this.bye;
    // Taken over by ourselves, as far as we know: attaching anew tells.
    const own = this.handedOver;
    const code = own ? null : (bye?.code ?? codeOfClose(close));
    this.phase = "offline";
    this.bye = null;
    this.askedElsewhere = false;
    const message = (own ? "" : bye?.message) || (code === null ? "" : messageOf(code));
    if (code === "session_closed") {
      this.sessionClosed(bye);
      const reason = bye?.reason ?? "";
      const final = this.leaving ? "left" : reason;
      if (FINAL_ENDINGS.has(final)) this.effects.push({ kind: "stop", code: final, message });
      else this.effects.push({ kind: "reconnect", code, message });
      return;
    }
    if (code === "token_invalid" || code === "token_expired" || code === "ticket_used") {
      this.ticket = null;
      if (wasResuming) this.sessionClosed(null);
      this.effects.push({ kind: "reconnect", code, message });
      return;
    }
    const known = code !== null && code in CODES ? CODES[code as CodeName].reconnect : null;
    const reconnect = own || (known ?? bye?.reconnect ?? true);
    this.effects.push({
      kind: reconnect ? "reconnect" : "stop",
      code: code ?? "connection_lost",
      message: message || "The connection was lost.",
    });
  }

  // Attachment

  private sendAttach(): void {
    this.early = false;
    const generation = this.generationAsked;
    if (this.credentials !== null) {
      this.send(this.resumeFrame(this.credentials.token, generation));
    } else if (this.ticket !== null) {
      const revision = PROTOCOL_REVISION;
      const version = PROTOCOL_VERSION;
      this.send({ frame: "join", version, ...this.ticket, generation, revision });
    }
  }

  private resumeFrame(token: string, generation: number): ClientFrame {
    return {
      frame: "resume",
      version: PROTOCOL_VERSION,
      token,
      generation,
      position: this.position,
      seen: this.ledger.seen,
      revision: PROTOCOL_REVISION,
      number: this.credentials?.number ?? 0,
    };
  }

  private attachAgain(generation: number): void {
    this.attachTries += 1;
    if (this.attachTries >= ATTACH_TRIES_MAX) {
      this.phase = "offline";
      this.effects.push({ kind: "disconnect" });
      return;
    }
    this.generationAsked = generation;
    this.sendAttach();
  }

  private welcomed(welcome: Welcome, moved = false): void {
    this.askedElsewhere = false;
    const fresh = this.credentials?.session !== welcome.session;
    this.phase = "attached";
    this.ticket = null;
    this.credentials = {
      session: welcome.session,
      number: welcome.number,
      person: welcome.person,
      token: welcome.token,
      generation: welcome.generation,
    };
    if (!welcome.resumed) this.position = welcome.position;
    this.heard = Math.max(this.position.sequence, welcome.sequence);
    this.effects.push({ kind: "credentials", credentials: this.credentials });
    this.effects.push({ kind: "welcomed", welcome, fresh, moved });
    if (fresh) this.ledger.rebind(welcome.number);
    this.decided(welcome.last, welcome.rejected, welcome.sequence);
    this.ledger.renumber(welcome.last);
    this.sendAgain();
  }

  /** Sends what was sent before and is not decided, then what is new. */
  private sendAgain(): void {
    for (const record of this.ledger.sent) this.sendOperation(record);
    this.pump();
  }

  /** All that may be seen changed, as when somebody is let in from the lobby: views come anew. */
  private renewed(welcome: Welcome): void {
    this.position = welcome.position;
    this.hear(Math.max(welcome.position.sequence, welcome.sequence));
    this.effects.push({ kind: "welcomed", welcome, fresh: false, moved: false });
    this.decided(welcome.last, welcome.rejected, welcome.sequence);
    this.pump();
  }

  /** The session is no more. Shape: `end` is what the log says of it, null when not known. */
  private sessionClosed(end: Ending | null): void {
    this.ledger.close(end, this.position.epoch);
    this.credentials = null;
    this.position = START;
    this.effects.push({ kind: "credentials", credentials: null });
  }

  // Outcomes and events

  private hear(sequence: number): void {
    this.heard = Math.max(this.heard, sequence);
  }

  /** Shape: `sequence` is where that was looked up. */
  private decided(through: number, rejected: readonly Rejection[], sequence: number): void {
    this.ledger.decide(through, rejected, { epoch: this.position.epoch, sequence });
  }

  private followed(frame: Events): void {
    const { sequence } = this.position;
    if (frame.batch.sequence <= sequence) return;
    // A view may stand between two batches that concern us: what follows the earlier is next.
    if (frame.prev > sequence) {
      // Asking for the whole state is sure to mend it, whatever made the hole.
      this.position = START;
      this.phase = "offline";
      this.effects.push({ kind: "disconnect" });
      return;
    }
    const position = { epoch: this.position.epoch, sequence: frame.batch.sequence };
    this.position = position;
    this.hear(position.sequence);
    this.effects.push({ kind: "batch", batch: frame.batch });
    const number = this.credentials?.number;
    for (const event of frame.batch.events) {
      if (event.number !== number || event.counter === 0) continue;
      this.ledger.saved(event.counter, position);
    }
    this.pump();
  }

  // Sending

  /** Numbers and sends what may go: so many at once, one at a time in each lane. */
  private pump(): void {
    if (this.phase !== "attached" && !(this.phase === "attaching" && this.early)) return;
    for (const record of this.ledger.number()) this.sendOperation(record);
  }

  private sendOperation(record: OutboxRecord): void {
    const { counter, app, type, body } = record;
    this.send({ frame: "op", counter, app, type, body, seen: this.ledger.seen });
  }

  private send(frame: ClientFrame): void {
    this.effects.push({ kind: "send", frame });
  }
}
