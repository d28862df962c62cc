/**
 * A zone in memory that speaks the protocol in bytes: the roster, the chat and documents as the real
 * one does, commits at once or when told to, and servers that can be killed. For tests of everything
 * above the session core.
 */
import * as Y from "yjs";

import {
  type Batch,
  type ClientFrame,
  type ServerFrame,
} from "../src/generated/frames.gen";
import type { Socket } from "../src/serverLink";
import { FakeSocket, type Servers, type ZoneSession } from "./socket";

interface Effect {
  readonly app: string;
  readonly type: string;
  readonly body: Record<string, unknown>;
  readonly number: number;
  readonly author: string;
  readonly counter: number;
}

interface ZoneDocument {
  readonly kind: string;
  readonly title: string;
  updates: { sequence: number; number: number; from: number; to: number; update: Uint8Array }[];
  clocks: Map<number, number>;
}

type OperationFrame = Extract<ClientFrame, { frame: "op" }>;

export class Zone implements Servers {
  readonly down = new Set<string>();
  readonly frozen = new Set<string>();
  servers = ["/s/collaboration-1", "/s/collaboration-2"];
  readonly sockets = new Set<FakeSocket>();
  readonly messages: { id: string; text: string; author: string; name: string; time_ms: number }[] = [];
  readonly documents = new Map<string, ZoneDocument>();
  /** Operations wait for `commitAll` while true. */
  holding = false;
  /** The log takes no attachment: who resumes is not answered. */
  resumesWait = false;
  /** The next operations of this type are refused with this code. */
  refuse = new Map<string, string>();
  joins = 0;
  /** Connections that were ever asked for. */
  opened = 0;
  /** Frames that clients sent, for a look at what was not needed. */
  readonly seen: ClientFrame[] = [];
  private epoch = "epoch-1";
  private sequence = 0;
  private numbers = 0;
  private readonly waiting: { session: ZoneSession; generation: number; frame: OperationFrame }[] = [];
  private readonly sessions = new Map<string, ZoneSession>();
  private readonly ended = new Map<string, ZoneSession>();
  private readonly names = new Map<string, string>();
  private readonly tickets = new Map<string, string>();
  private readonly batches: Batch[] = [];

  constructor() {
    for (const [id, kind] of [["notes", "rich"], ["pad", "text"]] as const) {
      this.documents.set(id, { kind, title: id, updates: [], clocks: new Map() });
    }
  }

  readonly fetch = async (input: string, init?: RequestInit): Promise<Response> => {
    if (input.endsWith("/join")) {
      this.joins += 1;
      const { name } = JSON.parse(String(init?.body)) as { name: string };
      const ticket = `ticket-${this.joins}`;
      this.tickets.set(ticket, name);
      return Response.json({ ticket, servers: this.servers });
    }
    if (input.endsWith("/servers")) return Response.json({ servers: this.servers });
    return Response.json({ code: "not_found", message: "There is no such room." }, { status: 404 });
  };

  readonly openSocket = (url: string): Socket => {
    this.opened += 1;
    const socket = new FakeSocket(url, this);
    this.sockets.add(socket);
    return socket;
  };

  received(socket: FakeSocket, frame: ClientFrame): void {
    this.seen.push(frame);
    switch (frame.frame) {
      case "join":
        this.join(socket, frame);
        return;
      case "resume":
        if (!this.resumesWait) this.resume(socket, frame);
        return;
      case "op":
        if (socket.ending) return; // a server lets go what comes behind its own goodbye
        if (socket.session === null) throw new Error("an operation before the welcome");
        this.waiting.push({ session: socket.session, generation: socket.session.generation, frame });
        if (!this.holding) this.commitAll();
        return;
      case "live":
        for (const other of this.sockets) {
          if (other === socket || other.session === null || socket.session === null) continue;
          const { number } = socket.session;
          other.deliver({ frame: "live", number, topic: frame.topic, body: frame.body });
        }
        return;
      case "get":
        this.answer(socket, frame);
        return;
      case "ping":
        socket.deliver({ frame: "pong", nonce: frame.nonce, sequence: this.sequence, time_ms: 0 });
        return;
      case "standby":
        if (this.sessions.has(frame.token)) socket.standby = true;
        else this.bye(socket, "token_invalid");
    }
  }

  /** The server that the session of this number is attached by, and the one that stands by. */
  pathOf(number: number): string | null {
    const session = [...this.sessions.values()].find((s) => s.number === number);
    return session?.socket?.path ?? null;
  }

  get standbys(): FakeSocket[] {
    return [...this.sockets].filter((socket) => socket.standby && !this.frozen.has(socket.path));
  }

  lost(socket: FakeSocket): void {
    if (!this.sockets.delete(socket)) return;
    const { session } = socket;
    if (session?.socket !== socket) return;
    session.socket = null;
    this.tell(session, "away", {});
  }

  /** A server dies: its connections end, and it takes no new ones until it is taken from `down`. */
  kill(path: string): void {
    this.down.add(path);
    for (const socket of [...this.sockets]) if (socket.path === path) socket.end(1006);
  }

  /** Ends every connection at once, of all servers or those at an address, for a moment. */
  drop(url = ""): void {
    for (const socket of [...this.sockets]) if (socket.url.startsWith(url)) socket.end(1006);
  }

  /** A server sends its people on to these, and serves them meanwhile. */
  move(path: string, paths: string[]): void {
    for (const socket of this.sockets) {
      if (socket.path !== path || socket.session === null) continue;
      socket.deliver({ frame: "move", paths, within_ms: 5_000 });
    }
  }

  get head(): number {
    return this.sequence;
  }

  /** A batch that concerns nobody. */
  advance(): void {
    this.sequence += 1;
  }

  tellServers(): void {
    for (const socket of this.sockets) {
      if (socket.session === null) continue;
      socket.deliver({ frame: "servers", paths: this.servers, away: [] });
    }
  }

  /** Shape: by number, for tests know that from the status. */
  endSession(number: number, reason = "expired"): void {
    const session = [...this.sessions.values()].find((s) => s.number === number);
    if (session !== undefined) this.close(session, reason);
  }

  commitAll(): void {
    for (const { session, generation, frame } of this.waiting.splice(0)) {
      if (!this.sessions.has(session.id) || generation !== session.generation) continue;
      if (frame.counter === session.counter + 1) this.commit(session, frame);
    }
  }

  text(document: string): string {
    const ydoc = new Y.Doc();
    for (const { update } of this.documents.get(document)?.updates ?? []) Y.applyUpdate(ydoc, update);
    return ydoc.getText("content").toJSON();
  }

  // Attachment

  private join(socket: FakeSocket, frame: Extract<ClientFrame, { frame: "join" }>): void {
    const id = `session-${frame.ticket}`;
    const known = this.sessions.get(id);
    if (known !== undefined) {
      this.attach(socket, known, frame.generation, 0);
      return;
    }
    this.numbers += 1;
    const person = `person-${this.numbers}`;
    const session: ZoneSession = {
      id,
      number: this.numbers,
      person,
      nonce: frame.nonce,
      generation: 1,
      counter: 0,
      rejected: [],
      socket,
    };
    this.sessions.set(id, session);
    this.names.set(person, this.tickets.get(frame.ticket) ?? "?");
    this.tell(session, "joined", { name: this.names.get(person) ?? "?", role: "participant" });
    this.welcome(socket, session, 0);
  }

  private resume(socket: FakeSocket, frame: Extract<ClientFrame, { frame: "resume" }>): void {
    const session = this.sessions.get(frame.token);
    const ended = this.ended.get(frame.token);
    if (session !== undefined) {
      this.attach(socket, session, frame.generation, frame.position.sequence);
    } else if (ended !== undefined) this.bye(socket, "session_closed", ended);
    else this.bye(socket, "token_invalid");
  }

  private attach(socket: FakeSocket, session: ZoneSession, generation: number, from: number): void {
    if (generation !== session.generation + 1) {
      const { generation: current } = session;
      const code = "attach_refused";
      socket.deliver({ frame: "fault", code, message: "", request: 0, generation: current });
      return;
    }
    session.generation = generation;
    const before = session.socket;
    session.socket = socket;
    socket.standby = false;
    if (before !== null) this.bye(before, "taken_over");
    this.tell(session, "attached", {});
    this.welcome(socket, session, from);
  }

  private welcome(socket: FakeSocket, session: ZoneSession, from: number): void {
    socket.session = session;
    socket.sequence = from > 0 ? from : this.sequence;
    const welcome: ServerFrame = {
      frame: "welcome",
      session: session.id,
      number: session.number,
      person: session.person,
      token: session.id,
      generation: session.generation,
      server: socket.path,
      position: { epoch: this.epoch, sequence: socket.sequence },
      last: session.counter,
      rejected: [...session.rejected],
      resumed: from > 0,
      state: from > 0 ? {} : this.view(),
      rate_per_s: 50,
      sequence: this.sequence,
    };
    socket.deliver(welcome, { frame: "servers", paths: this.servers, away: [] });
    for (const batch of this.batches) this.follow(socket, batch);
  }

  private view(): Record<string, unknown> {
    const persons: Record<string, unknown> = {};
    const sessions: Record<string, string> = {};
    const away: Record<string, boolean> = {};
    for (const { number, person, socket } of this.sessions.values()) {
      const name = this.names.get(person);
      persons[person] = { name, role: "participant", present: socket !== null, joined_ms: number };
      sessions[String(number)] = person;
      if (socket === null) away[String(number)] = true;
    }
    const documents: Record<string, unknown> = {};
    for (const [id, { kind, title }] of this.documents) documents[id] = { kind, title };
    return {
      roster: { persons, sessions, away },
      chat: { messages: [...this.messages], earlier: false },
      documents: { documents },
    };
  }

  private close(session: ZoneSession, reason: string): void {
    this.sessions.delete(session.id);
    this.ended.set(session.id, session);
    for (const document of this.documents.values()) document.clocks.delete(session.number);
    this.tell(session, "left", { reason });
    if (session.socket !== null) this.bye(session.socket, "session_closed", session);
  }

  private bye(socket: FakeSocket, code: string, ended?: ZoneSession): void {
    socket.ending = true;
    const { counter: last, rejected } = ended ?? { counter: 0, rejected: [] };
    const { sequence } = this;
    const bye = { frame: "bye", code, message: "", reconnect: false, last, rejected } as const;
    socket.deliver({ ...bye, sequence, reason: "" });
    if (socket.session?.socket === socket) socket.session.socket = null;
    socket.session = null;
  }

  // The log

  private commit(session: ZoneSession, frame: OperationFrame): void {
    session.counter = frame.counter;
    const key = `${frame.app}/${frame.type}`;
    const code = this.refuse.get(key) ?? this.reduce(session, frame, frame.body as never);
    this.refuse.delete(key);
    const rejected = code === "" ? [] : [{ counter: frame.counter, code, message: "" }];
    session.rejected.push(...rejected);
    const { sequence } = this;
    session.socket?.deliver({ frame: "outcomes", sequence, through: frame.counter, rejected });
    if (key === "roster/leave") this.close(session, "left");
  }

  private reduce(
    session: ZoneSession,
    { app, type, counter }: OperationFrame,
    body: Record<string, unknown>,
  ): string {
    const { number, person } = session;
    const emit = (event: string, fields: Record<string, unknown>): void =>
      this.next({ app, type: event, body: fields, number, author: person, counter });
    switch (`${app}/${type}`) {
      case "chat/post": {
        const id = `${this.sequence + 1}.0`;
        const name = this.names.get(person) ?? "?";
        const text = String(body["text"]);
        this.messages.push({ id, author: person, name, time_ms: this.sequence, text });
        emit("posted", { id, name, text });
        return "";
      }
      case "roster/rename":
        this.names.set(person, String(body["name"]));
        emit("renamed", { person, name: body["name"] });
        return "";
      case "roster/leave":
        return "";
      case "documents/update":
        return this.update(session, body, emit);
      default:
        return "unknown_operation";
    }
  }

  private update(
    { number }: ZoneSession,
    body: Record<string, unknown>,
    emit: (event: string, fields: Record<string, unknown>) => void,
  ): string {
    const { document: id, from, to, update } = body as {
      document: string;
      from: number;
      to: number;
      update: Uint8Array;
    };
    const document = this.documents.get(id);
    if (document === undefined) return "not_found";
    const meta = Y.parseUpdateMeta(update);
    if ([...meta.to.keys()].some((client) => client !== number)) return "document_owner";
    if ((meta.from.get(number) ?? from) !== from || (meta.to.get(number) ?? to) !== to) {
      return "document_owner";
    }
    if (from !== (document.clocks.get(number) ?? 0)) return "document_clock";
    document.clocks.set(number, to);
    const copy = update.slice();
    document.updates.push({ sequence: this.sequence + 1, number, from, to, update: copy });
    emit("updated", { document: id, number, from, to, update: copy });
    return "";
  }

  private tell(session: ZoneSession, type: string, more: Record<string, unknown>): void {
    const { number, person } = session;
    const body = { person, number, ...more };
    this.next({ app: "roster", type, body, number: 0, author: person, counter: 0 });
  }

  private next(effect: Effect): void {
    this.sequence += 1;
    const batch = {
      sequence: this.sequence,
      time_ms: this.sequence,
      events: [{ index: 0, ...effect }],
    };
    this.batches.push(batch);
    for (const socket of this.sockets) this.follow(socket, batch);
    const position = { epoch: this.epoch, sequence: this.sequence };
    for (const socket of this.standbys) socket.deliver({ frame: "head", position });
  }

  private follow(socket: FakeSocket, batch: Batch): void {
    if (socket.session === null || batch.sequence <= socket.sequence) return;
    socket.deliver({ frame: "events", prev: socket.sequence, batch });
    socket.sequence = batch.sequence;
  }

  private answer(socket: FakeSocket, frame: Extract<ClientFrame, { frame: "get" }>): void {
    const { document: id } = frame.arguments as { document?: string };
    const document = this.documents.get(id ?? "");
    if (frame.query !== "document" || document === undefined) {
      const fault = { frame: "fault", code: "request_unknown", message: "", generation: 0 } as const;
      socket.deliver({ ...fault, request: frame.request });
      return;
    }
    const body = {
      base: null,
      updates: document.updates.map(({ update }) => update),
      sequence: this.sequence,
      clock: document.clocks.get(socket.session?.number ?? 0) ?? 0,
    };
    socket.deliver({ frame: "got", request: frame.request, body });
  }
}
