/** One WebSocket to one server: opened in time, kept alive, decoded, and ended once. */
import {
  type ClientFrame,
  readServerFrame,
  type ServerFrame,
  writeClientFrame,
} from "./generated/frames.gen";
import { Keepalive, KEEPALIVE_TICK_MS, type Patience } from "./reconnect";
import { decodeValues, encode, WireError } from "./wire";

/** What of a browser's WebSocket is used. */
export interface Socket {
  binaryType: string;
  readonly readyState: number;
  onopen: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: CloseEvent) => unknown) | null;
  onerror: ((event: Event) => unknown) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
}
export type OpenSocket = (url: string) => Socket;

/** Who a link belongs to. */
export interface LinkOwner {
  opened(): void;
  received(frames: readonly ServerFrame[]): void;
  /** The link has ended by itself. Shape: `close` is its WebSocket code, or 0. */
  lost(close: number): void;
  /** How long silence is borne just now. */
  patience(): Patience;
  /** It did not answer in time. Shape: true when it is to be kept for now. */
  silent?(): boolean;
  /** A `pong` told the log's time. Shape: sent and received by `nowMs`. */
  timed?(sentMs: number, receivedMs: number, timeMs: number): void;
}

export const CONNECT_TIMEOUT_MS = 1_500;
const OPEN = 1;

export class ServerLink {
  /** May change: a standby's link becomes the session's own. */
  owner: LinkOwner;
  heardAtMs = 0;
  /** About what a word there and back takes, measured when it was opened. */
  roundTripMs = 0;
  private readonly beganMs: number;
  private socket: Socket | null;
  private keepalive: Keepalive | null = null;
  /** Nonce of the newest `ping`, and when those without an answer were sent. */
  private pings = 0;
  private readonly pingsSentMs = new Map<number, number>();
  private timer: ReturnType<typeof setTimeout> | null;
  private ticker: ReturnType<typeof setInterval> | null = null;

  constructor(
    readonly address: string,
    socket: Socket,
    private readonly nowMs: () => number,
    owner: LinkOwner,
  ) {
    this.owner = owner;
    this.beganMs = nowMs();
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    this.timer = setTimeout(() => this.lost(0), CONNECT_TIMEOUT_MS);
    socket.onopen = () => this.opened();
    socket.onerror = () => this.lost(0);
    socket.onclose = (event) => this.lost(event.code);
    socket.onmessage = (event) => this.received(event.data);
  }

  get open(): boolean {
    return this.socket?.readyState === OPEN;
  }

  send(frame: ClientFrame): boolean {
    if (this.socket?.readyState !== OPEN) return false;
    this.keepalive?.sent(this.nowMs());
    this.socket.send(encode(writeClientFrame(frame)));
    return true;
  }

  ping(): void {
    this.pings += 1;
    this.pingsSentMs.set(this.pings, this.nowMs());
    this.send({ frame: "ping", nonce: this.pings });
  }

  /** Asks for a sign of life soon. */
  probe(): void {
    this.keepalive?.probe();
  }

  /** Ends it. Nothing that still comes is heard, and the owner is not told. */
  end(): void {
    const { socket } = this;
    if (socket === null) return;
    this.socket = null;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    if (this.ticker !== null) clearInterval(this.ticker);
    if (this.timer !== null) clearTimeout(this.timer);
    this.ticker = this.timer = null;
    socket.close();
  }

  private opened(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const now = this.nowMs();
    // One for the connection and one for the request; more with TLS, which errs to the safe side.
    this.roundTripMs = (now - this.beganMs) / 2;
    this.keepalive = new Keepalive(now);
    this.ticker = setInterval(() => this.tick(), KEEPALIVE_TICK_MS);
    this.owner.opened();
  }

  private received(data: unknown): void {
    this.heardAtMs = this.nowMs();
    this.keepalive?.received(this.heardAtMs);
    let frames: ServerFrame[];
    try {
      if (!(data instanceof ArrayBuffer)) throw new WireError("not a binary message");
      const found = decodeValues(new Uint8Array(data)).map(readServerFrame);
      frames = found.filter((frame) => frame !== null);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.lost(0);
      return;
    }
    for (const frame of frames) {
      if (frame.frame === "pong") this.answered(frame.nonce, frame.time_ms);
    }
    this.owner.received(frames);
  }

  private answered(nonce: number, timeMs: number): void {
    const sentMs = this.pingsSentMs.get(nonce);
    // Answers come in order: who was asked before this one will not be answered any more.
    for (const earlier of [...this.pingsSentMs.keys()]) {
      if (earlier <= nonce) this.pingsSentMs.delete(earlier);
    }
    if (sentMs !== undefined) this.owner.timed?.(sentMs, this.heardAtMs, timeMs);
  }

  private tick(): void {
    const what = this.keepalive?.tick(this.nowMs(), this.owner.patience());
    if (what === "ping") this.ping();
    else if (what === "dead" && !(this.owner.silent?.() ?? false)) this.lost(0);
  }

  private lost(close: number): void {
    if (this.socket === null) return;
    this.end();
    this.owner.lost(close);
  }
}
