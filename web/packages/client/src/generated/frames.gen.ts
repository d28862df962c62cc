// Generated from src/folkmoot/protocol by `make web-types`. Do not edit.
import { readAny, readBoolean, readItems, readList, readMap, readNumber, readString } from "../wire";

/** A place in one conference's log. */
export interface Position {
  readonly epoch: string;
  readonly sequence: number;
}

export function readPosition(raw: unknown): Position {
  const items = readItems(raw);
  return {
    epoch: readString(items[0]),
    sequence: readNumber(items[1]),
  };
}

export function writePosition(value: Position): unknown[] {
  return [
    value.epoch,
    value.sequence,
  ];
}

/** A counter that was refused for good. */
export interface Rejection {
  readonly counter: number;
  readonly code: string;
  readonly message: string;
}

export function readRejection(raw: unknown): Rejection {
  const items = readItems(raw);
  return {
    counter: readNumber(items[0]),
    code: readString(items[1]),
    message: items.length > 2 ? readString(items[2]) : "",
  };
}

export function writeRejection(value: Rejection): unknown[] {
  return [
    value.counter,
    value.code,
    value.message,
  ];
}

/** Something that took effect. */
export interface Event {
  readonly index: number;
  readonly app: string;
  readonly type: string;
  readonly author: string;
  readonly number: number;
  readonly counter: number;
  readonly body: unknown;
}

export function readEvent(raw: unknown): Event {
  const items = readItems(raw);
  return {
    index: readNumber(items[0]),
    app: readString(items[1]),
    type: readString(items[2]),
    author: readString(items[3]),
    number: readNumber(items[4]),
    counter: readNumber(items[5]),
    body: readAny(items[6]),
  };
}

export function writeEvent(value: Event): unknown[] {
  return [
    value.index,
    value.app,
    value.type,
    value.author,
    value.number,
    value.counter,
    value.body,
  ];
}

/** What one batch of the log did, for one audience. */
export interface Batch {
  readonly sequence: number;
  readonly time_ms: number;
  readonly events: readonly Event[];
}

export function readBatch(raw: unknown): Batch {
  const items = readItems(raw);
  return {
    sequence: readNumber(items[0]),
    time_ms: readNumber(items[1]),
    events: readList(items[2], readEvent),
  };
}

export function writeBatch(value: Batch): unknown[] {
  return [
    value.sequence,
    value.time_ms,
    value.events.map(writeEvent),
  ];
}

/** What operation `counter` of session `number` will do if the log takes it as it stands. */
export interface PendingEvent {
  readonly number: number;
  readonly counter: number;
  readonly app: string;
  readonly type: string;
  readonly author: string;
  readonly body: unknown;
}

export function readPendingEvent(raw: unknown): PendingEvent {
  const items = readItems(raw);
  return {
    number: readNumber(items[0]),
    counter: readNumber(items[1]),
    app: readString(items[2]),
    type: readString(items[3]),
    author: readString(items[4]),
    body: readAny(items[5]),
  };
}

export function writePendingEvent(value: PendingEvent): unknown[] {
  return [
    value.number,
    value.counter,
    value.app,
    value.type,
    value.author,
    value.body,
  ];
}

/** First frame of a new session. */
export interface Join {
  readonly frame: "join";
  readonly version: number;
  readonly ticket: string;
  readonly nonce: string;
  readonly generation: number;
  readonly revision: number;
}

export function readJoin(raw: unknown): Join {
  const items = readItems(raw);
  return {
    frame: "join",
    version: readNumber(items[1]),
    ticket: readString(items[2]),
    nonce: readString(items[3]),
    generation: items.length > 4 ? readNumber(items[4]) : 1,
    revision: items.length > 5 ? readNumber(items[5]) : 1,
  };
}

export function writeJoin(value: Join): unknown[] {
  return [
    "join",
    value.version,
    value.ticket,
    value.nonce,
    value.generation,
    value.revision,
  ];
}

/** First frame of a session that goes on, on any server. */
export interface Resume {
  readonly frame: "resume";
  readonly version: number;
  readonly token: string;
  readonly generation: number;
  readonly position: Position;
  readonly seen: number;
  readonly revision: number;
  readonly number: number;
}

export function readResume(raw: unknown): Resume {
  const items = readItems(raw);
  return {
    frame: "resume",
    version: readNumber(items[1]),
    token: readString(items[2]),
    generation: readNumber(items[3]),
    position: items.length > 4 ? readPosition(items[4]) : { epoch: "", sequence: 0 },
    seen: items.length > 5 ? readNumber(items[5]) : 0,
    revision: items.length > 6 ? readNumber(items[6]) : 1,
    number: items.length > 7 ? readNumber(items[7]) : 0,
  };
}

export function writeResume(value: Resume): unknown[] {
  return [
    "resume",
    value.version,
    value.token,
    value.generation,
    writePosition(value.position),
    value.seen,
    value.revision,
    value.number,
  ];
}

/** One operation. Counters of a session start at 1 and have no gaps, over all generations. */
export interface Operation {
  readonly frame: "op";
  readonly counter: number;
  readonly app: string;
  readonly type: string;
  readonly body: unknown;
  readonly seen: number;
}

export function readOperation(raw: unknown): Operation {
  const items = readItems(raw);
  return {
    frame: "op",
    counter: readNumber(items[1]),
    app: readString(items[2]),
    type: readString(items[3]),
    body: readAny(items[4]),
    seen: items.length > 5 ? readNumber(items[5]) : 0,
  };
}

export function writeOperation(value: Operation): unknown[] {
  return [
    "op",
    value.counter,
    value.app,
    value.type,
    value.body,
    value.seen,
  ];
}

/** An ephemeral message, never stored; of one topic only the latest counts. */
export interface LiveSend {
  readonly frame: "live";
  readonly topic: string;
  readonly body: unknown;
}

export function readLiveSend(raw: unknown): LiveSend {
  const items = readItems(raw);
  return {
    frame: "live",
    topic: readString(items[1]),
    body: readAny(items[2]),
  };
}

export function writeLiveSend(value: LiveSend): unknown[] {
  return [
    "live",
    value.topic,
    value.body,
  ];
}

/** A query; answered by `Got` or by a `Fault` with the same `request`. */
export interface Get {
  readonly frame: "get";
  readonly request: number;
  readonly query: string;
  readonly arguments: unknown;
}

export function readGet(raw: unknown): Get {
  const items = readItems(raw);
  return {
    frame: "get",
    request: readNumber(items[1]),
    query: readString(items[2]),
    arguments: readAny(items[3]),
  };
}

export function writeGet(value: Get): unknown[] {
  return [
    "get",
    value.request,
    value.query,
    value.arguments,
  ];
}

/** A base class for defining efficient serializable objects. */
export interface Ping {
  readonly frame: "ping";
  readonly nonce: number;
}

export function readPing(raw: unknown): Ping {
  const items = readItems(raw);
  return {
    frame: "ping",
    nonce: items.length > 1 ? readNumber(items[1]) : 0,
  };
}

export function writePing(value: Ping): unknown[] {
  return [
    "ping",
    value.nonce,
  ];
}

/** First frame of a second connection that waits: the server keeps the conference loaded. */
export interface Standby {
  readonly frame: "standby";
  readonly version: number;
  readonly token: string;
}

export function readStandby(raw: unknown): Standby {
  const items = readItems(raw);
  return {
    frame: "standby",
    version: readNumber(items[1]),
    token: readString(items[2]),
  };
}

export function writeStandby(value: Standby): unknown[] {
  return [
    "standby",
    value.version,
    value.token,
  ];
}

/** The attachment is in the log, and the client's state is `position`. */
export interface Welcome {
  readonly frame: "welcome";
  readonly session: string;
  readonly number: number;
  readonly person: string;
  readonly token: string;
  readonly generation: number;
  readonly server: string;
  readonly position: Position;
  readonly last: number;
  readonly rejected: readonly Rejection[];
  readonly resumed: boolean;
  readonly state: Readonly<Record<string, unknown>>;
  readonly rate_per_s: number;
  readonly sequence: number;
}

export function readWelcome(raw: unknown): Welcome {
  const items = readItems(raw);
  return {
    frame: "welcome",
    session: readString(items[1]),
    number: readNumber(items[2]),
    person: readString(items[3]),
    token: readString(items[4]),
    generation: readNumber(items[5]),
    server: readString(items[6]),
    position: readPosition(items[7]),
    last: readNumber(items[8]),
    rejected: readList(items[9], readRejection),
    resumed: readBoolean(items[10]),
    state: readMap(items[11]),
    rate_per_s: items.length > 12 ? readNumber(items[12]) : 0,
    sequence: items.length > 13 ? readNumber(items[13]) : 0,
  };
}

export function writeWelcome(value: Welcome): unknown[] {
  return [
    "welcome",
    value.session,
    value.number,
    value.person,
    value.token,
    value.generation,
    value.server,
    writePosition(value.position),
    value.last,
    value.rejected.map(writeRejection),
    value.resumed,
    value.state,
    value.rate_per_s,
    value.sequence,
  ];
}

/** The next batch after `prev` that concerns this client, which must not be behind `prev`. */
export interface Events {
  readonly frame: "events";
  readonly prev: number;
  readonly batch: Batch;
}

export function readEvents(raw: unknown): Events {
  const items = readItems(raw);
  return {
    frame: "events",
    prev: readNumber(items[1]),
    batch: readBatch(items[2]),
  };
}

export function writeEvents(value: Events): unknown[] {
  return [
    "events",
    value.prev,
    writeBatch(value.batch),
  ];
}

/** All counters up to `through` are decided at `sequence`: saved, unless in `rejected`. */
export interface Outcomes {
  readonly frame: "outcomes";
  readonly sequence: number;
  readonly through: number;
  readonly rejected: readonly Rejection[];
}

export function readOutcomes(raw: unknown): Outcomes {
  const items = readItems(raw);
  return {
    frame: "outcomes",
    sequence: readNumber(items[1]),
    through: readNumber(items[2]),
    rejected: readList(items[3], readRejection),
  };
}

export function writeOutcomes(value: Outcomes): unknown[] {
  return [
    "outcomes",
    value.sequence,
    value.through,
    value.rejected.map(writeRejection),
  ];
}

/** Somebody's ephemeral message; `number` is the sender's session. */
export interface LiveRelay {
  readonly frame: "live";
  readonly number: number;
  readonly topic: string;
  readonly body: unknown;
}

export function readLiveRelay(raw: unknown): LiveRelay {
  const items = readItems(raw);
  return {
    frame: "live",
    number: readNumber(items[1]),
    topic: readString(items[2]),
    body: readAny(items[3]),
  };
}

export function writeLiveRelay(value: LiveRelay): unknown[] {
  return [
    "live",
    value.number,
    value.topic,
    value.body,
  ];
}

/** A base class for defining efficient serializable objects. */
export interface Got {
  readonly frame: "got";
  readonly request: number;
  readonly body: unknown;
}

export function readGot(raw: unknown): Got {
  const items = readItems(raw);
  return {
    frame: "got",
    request: readNumber(items[1]),
    body: readAny(items[2]),
  };
}

export function writeGot(value: Got): unknown[] {
  return [
    "got",
    value.request,
    value.body,
  ];
}

/** A request or frame could not be served; the connection stays. */
export interface Fault {
  readonly frame: "fault";
  readonly code: string;
  readonly message: string;
  readonly request: number;
  readonly generation: number;
}

export function readFault(raw: unknown): Fault {
  const items = readItems(raw);
  return {
    frame: "fault",
    code: readString(items[1]),
    message: readString(items[2]),
    request: items.length > 3 ? readNumber(items[3]) : 0,
    generation: items.length > 4 ? readNumber(items[4]) : 0,
  };
}

export function writeFault(value: Fault): unknown[] {
  return [
    "fault",
    value.code,
    value.message,
    value.request,
    value.generation,
  ];
}

/** Answers `ping`. `sequence` is what the server has applied of the conference, 0 if none. */
export interface Pong {
  readonly frame: "pong";
  readonly nonce: number;
  readonly sequence: number;
  readonly time_ms: number;
}

export function readPong(raw: unknown): Pong {
  const items = readItems(raw);
  return {
    frame: "pong",
    nonce: items.length > 1 ? readNumber(items[1]) : 0,
    sequence: items.length > 2 ? readNumber(items[2]) : 0,
    time_ms: items.length > 3 ? readNumber(items[3]) : 0,
  };
}

export function writePong(value: Pong): unknown[] {
  return [
    "pong",
    value.nonce,
    value.sequence,
    value.time_ms,
  ];
}

/** The servers to use next, best first, sent after the welcome and on every change. */
export interface Servers {
  readonly frame: "servers";
  readonly paths: readonly string[];
  readonly away: readonly string[];
}

export function readServers(raw: unknown): Servers {
  const items = readItems(raw);
  return {
    frame: "servers",
    paths: readList(items[1], readString),
    away: items.length > 2 ? readList(items[2], readString) : [],
  };
}

export function writeServers(value: Servers): unknown[] {
  return [
    "servers",
    value.paths,
    value.away,
  ];
}

/** Whether commits get through just now; `paused` true shows "saving is paused". */
export interface Saving {
  readonly frame: "saving";
  readonly paused: boolean;
}

export function readSaving(raw: unknown): Saving {
  const items = readItems(raw);
  return {
    frame: "saving",
    paused: readBoolean(items[1]),
  };
}

export function writeSaving(value: Saving): unknown[] {
  return [
    "saving",
    value.paused,
  ];
}

/** Said before the connection is closed with the code's number. */
export interface Bye {
  readonly frame: "bye";
  readonly code: string;
  readonly message: string;
  readonly reconnect: boolean;
  readonly last: number;
  readonly rejected: readonly Rejection[];
  readonly sequence: number;
  readonly reason: string;
}

export function readBye(raw: unknown): Bye {
  const items = readItems(raw);
  return {
    frame: "bye",
    code: readString(items[1]),
    message: readString(items[2]),
    reconnect: readBoolean(items[3]),
    last: items.length > 4 ? readNumber(items[4]) : 0,
    rejected: items.length > 5 ? readList(items[5], readRejection) : [],
    sequence: items.length > 6 ? readNumber(items[6]) : 0,
    reason: items.length > 7 ? readString(items[7]) : "",
  };
}

export function writeBye(value: Bye): unknown[] {
  return [
    "bye",
    value.code,
    value.message,
    value.reconnect,
    value.last,
    value.rejected.map(writeRejection),
    value.sequence,
    value.reason,
  ];
}

/** To a standby connection: how far the conference is; at most ten times a second. */
export interface Head {
  readonly frame: "head";
  readonly position: Position;
}

export function readHead(raw: unknown): Head {
  const items = readItems(raw);
  return {
    frame: "head",
    position: readPosition(items[1]),
  };
}

export function writeHead(value: Head): unknown[] {
  return [
    "head",
    writePosition(value.position),
  ];
}

/** Operations that every server has seen and the log has not confirmed yet. */
export interface Pending {
  readonly frame: "pending";
  readonly events: readonly PendingEvent[];
}

export function readPending(raw: unknown): Pending {
  const items = readItems(raw);
  return {
    frame: "pending",
    events: readList(items[1], readPendingEvent),
  };
}

export function writePending(value: Pending): unknown[] {
  return [
    "pending",
    value.events.map(writePendingEvent),
  ];
}

/** The log has decided of session `number` all counters up to `through`. */
export interface Settled {
  readonly frame: "settled";
  readonly number: number;
  readonly through: number;
}

export function readSettled(raw: unknown): Settled {
  const items = readItems(raw);
  return {
    frame: "settled",
    number: readNumber(items[1]),
    through: readNumber(items[2]),
  };
}

export function writeSettled(value: Settled): unknown[] {
  return [
    "settled",
    value.number,
    value.through,
  ];
}

/** The attachment `generation` waits for the log; operations are taken already. */
export interface Attaching {
  readonly frame: "attaching";
  readonly generation: number;
}

export function readAttaching(raw: unknown): Attaching {
  const items = readItems(raw);
  return {
    frame: "attaching",
    generation: readNumber(items[1]),
  };
}

export function writeAttaching(value: Attaching): unknown[] {
  return [
    "attaching",
    value.generation,
  ];
}

/** Attach elsewhere: this server goes on serving meanwhile, for `within_ms`. */
export interface Move {
  readonly frame: "move";
  readonly paths: readonly string[];
  readonly within_ms: number;
}

export function readMove(raw: unknown): Move {
  const items = readItems(raw);
  return {
    frame: "move",
    paths: readList(items[1], readString),
    within_ms: readNumber(items[2]),
  };
}

export function writeMove(value: Move): unknown[] {
  return [
    "move",
    value.paths,
    value.within_ms,
  ];
}

export type ClientFrame =
  | Join
  | Resume
  | Operation
  | LiveSend
  | Get
  | Ping
  | Standby;

/** The frame, or null for one of a type that this version does not know. */
export function readClientFrame(raw: unknown): ClientFrame | null {
  switch (readItems(raw)[0]) {
    case "join":
      return readJoin(raw);
    case "resume":
      return readResume(raw);
    case "op":
      return readOperation(raw);
    case "live":
      return readLiveSend(raw);
    case "get":
      return readGet(raw);
    case "ping":
      return readPing(raw);
    case "standby":
      return readStandby(raw);
    default:
      return null;
  }
}

export function writeClientFrame(value: ClientFrame): unknown[] {
  switch (value.frame) {
    case "join":
      return writeJoin(value);
    case "resume":
      return writeResume(value);
    case "op":
      return writeOperation(value);
    case "live":
      return writeLiveSend(value);
    case "get":
      return writeGet(value);
    case "ping":
      return writePing(value);
    case "standby":
      return writeStandby(value);
  }
}

export type ServerFrame =
  | Welcome
  | Events
  | Outcomes
  | LiveRelay
  | Got
  | Fault
  | Pong
  | Servers
  | Saving
  | Bye
  | Head
  | Pending
  | Settled
  | Attaching
  | Move;

/** The frame, or null for one of a type that this version does not know. */
export function readServerFrame(raw: unknown): ServerFrame | null {
  switch (readItems(raw)[0]) {
    case "welcome":
      return readWelcome(raw);
    case "events":
      return readEvents(raw);
    case "outcomes":
      return readOutcomes(raw);
    case "live":
      return readLiveRelay(raw);
    case "got":
      return readGot(raw);
    case "fault":
      return readFault(raw);
    case "pong":
      return readPong(raw);
    case "servers":
      return readServers(raw);
    case "saving":
      return readSaving(raw);
    case "bye":
      return readBye(raw);
    case "head":
      return readHead(raw);
    case "pending":
      return readPending(raw);
    case "settled":
      return readSettled(raw);
    case "attaching":
      return readAttaching(raw);
    case "move":
      return readMove(raw);
    default:
      return null;
  }
}

export function writeServerFrame(value: ServerFrame): unknown[] {
  switch (value.frame) {
    case "welcome":
      return writeWelcome(value);
    case "events":
      return writeEvents(value);
    case "outcomes":
      return writeOutcomes(value);
    case "live":
      return writeLiveRelay(value);
    case "got":
      return writeGot(value);
    case "fault":
      return writeFault(value);
    case "pong":
      return writePong(value);
    case "servers":
      return writeServers(value);
    case "saving":
      return writeSaving(value);
    case "bye":
      return writeBye(value);
    case "head":
      return writeHead(value);
    case "pending":
      return writePending(value);
    case "settled":
      return writeSettled(value);
    case "attaching":
      return writeAttaching(value);
    case "move":
      return writeMove(value);
  }
}
