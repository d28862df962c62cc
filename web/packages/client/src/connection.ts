/**
 * The shell around the session core: WebSocket, timers and the reconnect policy.
 *
 * It decides nothing about operations; it feeds the core and performs its effects in order.
 */
import { type Admission, ApiError } from "./api";
import { type ClientFrame, readServerFrame, writeClientFrame } from "./generated/frames.gen";
import { Keepalive, KEEPALIVE_TICK_MS, reconnectDelayMs, ServerList } from "./reconnect";
import type { Effect, SessionCore } from "./session";
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

export interface ConnectionHost {
  /** Fetches a ticket for a new session. Throws `ApiError`. */
  admit(): Promise<Admission>;
  /** The zone's servers, best first. Throws `ApiError`. */
  servers(): Promise<readonly string[]>;
  /** Performs what is not the connection's own. Called in order, `settle` after each burst. */
  perform(effect: Exclude<Effect, { kind: "send" | "disconnect" }>): void;
  /** All effects of what arrived together were performed. */
  settle(): void;
  random(): number;
  nonce(): string;
  openSocket: OpenSocket;
  nowMs(): number;
}

export type Link =
  | { readonly state: "waiting" | "connecting" | "stopped"; readonly server: string | null }
  | { readonly state: "attached"; readonly server: string };

export const CONNECT_TIMEOUT_MS = 1_500;
/** A connection that ends earlier counts as a failure, so that a loop gets slower. */
const STEADY_MS = 2_000;
const OPEN = 1;

type Timer = ReturnType<typeof setTimeout>;

/** The id in a server's path: `/s/collaboration-1` is `collaboration-1`. */
export function serverName(path: string): string {
  return path.split("/").pop() ?? path;
}

export class Connection {
  link: Link = { state: "waiting", server: null };

  private readonly list = new ServerList();
  private socket: Socket | null = null;
  private path: string | null = null;
  private keepalive: Keepalive | null = null;
  private attachedAtMs: number | null = null;
  private failures = 0;
  private timer: Timer | null = null;
  private ticker: ReturnType<typeof setInterval> | null = null;
  /** Grows with each attempt: what an older one still has to say is not heard. */
  private attempt = 0;
  private flushing = false;
  private dropping = false;

  constructor(
    private readonly core: SessionCore,
    private readonly webSocketUrl: (path: string) => string,
    private readonly host: ConnectionHost,
  ) {}

  /** Connects, or tries again at once. Harmless while connected. */
  wake(): void {
    if (this.socket !== null) {
      this.keepalive?.probe();
      return;
    }
    this.failures = 0;
    this.schedule(0);
  }

  /** Ends the connection and stays away until `wake`. */
  stop(): void {
    this.attempt += 1;
    this.link = { state: "stopped", server: null };
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.drop(0);
  }

  useServers(paths: readonly string[]): void {
    this.list.replace(paths);
  }

  /** Performs what the core has come to. Call after every input to it. */
  flush(): void {
    if (this.flushing) return; // called by what is being told: the loop below goes on
    this.flushing = true;
    for (;;) {
      const effects = this.core.takeEffects();
      if (effects.length === 0) break;
      for (const effect of effects) this.perform(effect);
    }
    this.flushing = false;
    if (this.dropping) {
      this.dropping = false;
      this.drop(0);
    } else this.host.settle();
  }

  send(frame: ClientFrame): boolean {
    if (this.socket?.readyState !== OPEN) return false;
    this.keepalive?.sent(this.host.nowMs());
    this.socket.send(encode(writeClientFrame(frame)));
    return true;
  }

  private perform(effect: Effect): void {
    switch (effect.kind) {
      case "send":
        this.send(effect.frame);
        return;
      case "disconnect":
        this.dropping = true; // once all that came before it is performed
        return;
      case "welcomed":
        this.attachedAtMs = this.host.nowMs();
        if (this.path !== null) {
          this.list.worked(this.path);
          this.link = { state: "attached", server: serverName(this.path) };
        }
        break;
      case "reconnect":
        this.again();
        break;
      case "stop":
        this.stop();
        break;
    }
    this.host.perform(effect);
  }

  // Attempts

  private again(): void {
    const now = this.host.nowMs();
    const steady = this.attachedAtMs !== null && now - this.attachedAtMs >= STEADY_MS;
    this.attachedAtMs = null;
    this.failures = steady ? 0 : this.failures + 1;
    // The first failure after a good connection is tried elsewhere at once.
    this.schedule(reconnectDelayMs(Math.max(0, this.failures - 1), this.host.random()));
  }

  private schedule(delayMs: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.attempt += 1;
    const attempt = this.attempt;
    this.link = { state: "waiting", server: null };
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.connect(attempt);
    }, delayMs);
  }

  private async connect(attempt: number): Promise<void> {
    this.link = { state: "connecting", server: null };
    try {
      if (this.core.needsTicket) {
        const admission = await this.host.admit();
        if (attempt !== this.attempt) return;
        this.list.replace(admission.servers);
        this.core.useTicket({ ticket: admission.ticket, nonce: this.host.nonce() });
      }
      if (this.list.size === 0) this.list.replace(await this.host.servers());
      else if (this.failures > 0 && this.failures % this.list.size === 0) this.refresh();
    } catch (error) {
      if (attempt === this.attempt) this.refused(error);
      return;
    }
    if (attempt !== this.attempt) return;
    const path = this.list.next();
    if (path === null) this.refused(new ApiError("no_server", "No server can take this room now."));
    else this.open(path);
  }

  /** The zone's API did not let us in: for good, or just now. */
  private refused(error: unknown): void {
    const known = error instanceof ApiError ? error : new ApiError("unexpected", String(error));
    const { code, message } = known;
    if (known.temporary) {
      this.host.perform({ kind: "reconnect", code, message });
      this.again();
    } else {
      this.stop();
      this.host.perform({ kind: "stop", code, message });
    }
    this.host.settle();
  }

  private refresh(): void {
    this.host.servers().then(
      (paths) => this.list.replace(paths),
      () => undefined, // the known servers are tried on
    );
  }

  private open(path: string): void {
    this.path = path;
    let socket: Socket;
    try {
      socket = this.host.openSocket(this.webSocketUrl(path));
    } catch (error) {
      this.refused(error);
      return;
    }
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    this.timer = setTimeout(() => this.drop(0), CONNECT_TIMEOUT_MS);
    const mine = (action: () => void) => () => {
      if (this.socket === socket) action();
    };
    socket.onopen = mine(() => this.opened());
    socket.onerror = mine(() => this.drop(0));
    socket.onclose = (event) => {
      if (this.socket === socket) this.drop(event.code);
    };
    socket.onmessage = (event) => {
      if (this.socket === socket) this.received(event.data);
    };
  }

  private opened(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.keepalive = new Keepalive(this.host.nowMs());
    this.ticker = setInterval(() => this.tick(), KEEPALIVE_TICK_MS);
    this.core.opened();
    this.flush();
  }

  private received(data: unknown): void {
    this.keepalive?.received(this.host.nowMs());
    try {
      if (!(data instanceof ArrayBuffer)) throw new WireError("not a binary message");
      for (const value of decodeValues(new Uint8Array(data))) {
        const frame = readServerFrame(value);
        if (frame !== null) this.core.received(frame);
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.drop(0);
    }
    this.flush();
  }

  private tick(): void {
    const what = this.keepalive?.tick(this.host.nowMs());
    if (what === "ping") this.send({ frame: "ping", nonce: 0 });
    else if (what === "dead") this.drop(0);
  }

  /** Lets go of the socket, once, and tells the core. */
  private drop(close: number): void {
    const { socket } = this;
    this.dropping = false;
    if (socket === null) return;
    this.socket = null;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    if (this.ticker !== null) clearInterval(this.ticker);
    if (this.timer !== null) clearTimeout(this.timer);
    this.ticker = this.timer = null;
    this.keepalive = null;
    if (this.path !== null) this.list.failed(this.path);
    socket.close();
    this.core.closed(close);
    if (this.link.state === "stopped") this.core.takeEffects();
    else this.flush();
  }
}
