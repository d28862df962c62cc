/**
 * The shell around the session core: links to servers, timers and the reconnect policy.
 *
 * It decides nothing about operations; it feeds the core and performs its effects in order.
 */
import { addressesOf, serverName, webSocketUrl } from "./address";
import { type Admission, ApiError } from "./api";
import type { ClientFrame, ServerFrame } from "./generated/frames.gen";
import { Move } from "./move";
import {
  ATTACHING,
  IMPATIENT,
  type Patience,
  PATIENT,
  reconnectDelayMs,
  ServerList,
} from "./reconnect";
import { type LinkOwner, type OpenSocket, ServerLink } from "./serverLink";
import type { Effect, SessionCore } from "./session";
import { Standby } from "./standby";

export interface ConnectionHost {
  /** Fetches a ticket for a new session. Throws `ApiError`. */
  admit(): Promise<Admission>;
  /** The zone's servers, best first. Throws `ApiError`. */
  servers(): Promise<readonly string[]>;
  /** Performs what is not the connection's own. Called in order, `settle` after each burst. */
  perform(effect: Exclude<Effect, { kind: "send" | "disconnect" }>): void;
  /** All effects of what arrived together were performed. */
  settle(): void;
  /** A server told the log's time. Shape: sent and received by `nowMs`. */
  timed(sentMs: number, receivedMs: number, timeMs: number): void;
  random(): number;
  nonce(): string;
  openSocket: OpenSocket;
  nowMs(): number;
}

export type Link =
  | { readonly state: "waiting" | "connecting" | "stopped"; readonly server: string | null }
  | { readonly state: "attached"; readonly server: string };

/** A connection that ends earlier counts as a failure, so that a loop gets slower. */
const STEADY_MS = 2_000;
/** After so many failures in a row a standby is as suspect as the rest. */
const STANDBY_FAILURES_MAX = 3;

type Timer = ReturnType<typeof setTimeout>;

export class Connection {
  link: Link = { state: "waiting", server: null };

  private readonly list = new ServerList();
  private readonly standby: Standby;
  private primary: ServerLink | null = null;
  private move: Move | null = null;
  private attachedAtMs: number | null = null;
  private failures = 0;
  private timer: Timer | null = null;
  /** Grows with each attempt: what an older one still has to say is not heard. */
  private attempt = 0;
  private flushing = false;
  private dropping = false;

  /** Shape: `origin` is where the page came from. */
  constructor(
    private readonly core: SessionCore,
    private readonly origin: string,
    private readonly host: ConnectionHost,
  ) {
    this.standby = new Standby({
      open: (address, owner) => this.linkTo(address, owner),
      learn: (paths, from) => this.learn(paths, from),
      reached: () => core.reached,
      roundTripMs: () => this.primary?.roundTripMs ?? 0,
      heardAtMs: () => this.primary?.heardAtMs ?? 0,
      ask: () => this.primary?.ping(),
      behind: () => this.leave(),
      random: () => host.random(),
      nowMs: () => host.nowMs(),
    });
  }

  /** The server at the other end, attached or not. */
  /** Where web servers may be found: the page's own origin, then the machines of the zone. */
  get origins(): readonly string[] {
    const current = this.primary === null ? [] : [this.primary.address];
    const found = ["/", ...current, ...this.list.all].map(
      (address) => new URL(address, this.origin).origin,
    );
    return [...new Set(found)];
  }

  get server(): string | null {
    return this.primary === null ? null : serverName(this.primary.address);
  }

  /** Connects, or tries again at once. Harmless while connected. */
  wake(): void {
    if (this.primary !== null) {
      this.primary.probe();
      this.standby.probe();
    }
    if (this.primary !== null || this.move !== null) return;
    this.failures = 0;
    this.schedule(0);
  }

  /** Ends the connection and stays away until `wake`. */
  stop(): void {
    this.attempt += 1;
    this.link = { state: "stopped", server: null };
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.standby.stop();
    this.endMove();
    this.lost(0);
  }

  /** Our own server's list of servers. */
  useServers(paths: readonly string[]): void {
    this.learn(paths, this.primary?.address ?? this.origin);
  }

  /** Our server asks us to go on elsewhere, and serves us until we are welcomed there. */
  moveOver(paths: readonly string[]): void {
    if (this.primary === null || this.move !== null || !this.core.attached) return;
    const addresses = addressesOf(paths, this.primary.address, this.origin);
    const ready = this.standby.address;
    const waiting = ready !== null && addresses.includes(ready) ? this.standby.take() : null;
    this.go(addresses, waiting, null);
  }

  private go(
    addresses: readonly string[],
    waiting: ServerLink | null,
    silent: ServerLink | null,
  ): void {
    const host = {
      open: (address: string, owner: LinkOwner) => this.linkTo(address, owner),
      moved: (link: ServerLink, rest: readonly ServerFrame[]) => this.moved(link, rest),
      gaveUp: (link: ServerLink, told: readonly ServerFrame[]) => this.gaveUp(link, told),
      failed: (asked: boolean) => this.notMoved(asked),
    };
    this.move = new Move(this.core, addresses, host, silent);
    this.move.begin(waiting);
  }

  /** Our server is silent, or behind the standby: it may be dead, or only slow. */
  private leave(): void {
    if (this.move?.doubted === true) return;
    const { primary } = this;
    const free = this.move === null && this.core.attached;
    const waiting = free ? this.standby.take() : null;
    if (waiting === null || primary === null) {
      waiting?.end();
      this.lost(0);
    } else this.go([waiting.address], waiting, primary);
  }

  private moved(link: ServerLink, rest: readonly ServerFrame[]): void {
    this.takeOver(link)?.end();
    this.flush();
    this.received(rest);
  }

  /** Our own server is taken for lost; the other one was asked to attach us already. */
  private gaveUp(link: ServerLink, told: readonly ServerFrame[]): void {
    const before = this.takeOver(link);
    before?.end();
    if (before !== null) this.list.failed(before.address);
    this.attachedAtMs = null;
    this.link = { state: "connecting", server: null };
    this.core.givenUp();
    const code = "connection_lost";
    this.host.perform({ kind: "reconnect", code, message: "The server did not answer." });
    this.flush();
    this.received(told);
  }

  /** Makes this link the session's own; returns the one before. */
  private takeOver(link: ServerLink): ServerLink | null {
    const before = this.primary;
    this.move = null;
    this.primary = link;
    link.owner = this.owner();
    return before;
  }

  private notMoved(asked: boolean): void {
    const doubted = this.move?.doubted === true;
    this.move = null;
    if (this.primary === null) {
      // Our own server let us go meanwhile.
      this.core.closed(0);
      this.flush();
    } else if (asked || doubted) this.lost(0);
    else {
      const token = this.core.identity?.token;
      if (token !== undefined) this.standby.attached(token, this.primary.address, this.list.all);
    }
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
      this.lost(0);
    } else this.host.settle();
  }

  send(frame: ClientFrame): boolean {
    return this.primary?.send(frame) ?? false;
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
        this.welcomed(effect.welcome.token);
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

  private welcomed(token: string): void {
    this.attachedAtMs = this.host.nowMs();
    if (this.primary === null) return;
    const { address } = this.primary;
    this.list.worked(address);
    this.link = { state: "attached", server: serverName(address) };
    this.standby.attached(token, address, this.list.all);
    this.primary.ping(); // the answer tells the log's time
  }

  private learn(paths: readonly string[], from: string): void {
    this.list.replace(addressesOf(paths, from, this.origin));
    if (this.core.attached) this.standby.servers(this.list.all);
  }

  // Attempts

  private again(): void {
    const now = this.host.nowMs();
    const steady = this.attachedAtMs !== null && now - this.attachedAtMs >= STEADY_MS;
    this.attachedAtMs = null;
    this.failures = steady ? 0 : this.failures + 1;
    const waiting = this.standby.take();
    if (waiting !== null && !this.core.needsTicket && this.failures <= STANDBY_FAILURES_MAX) {
      this.goOver(waiting);
      return;
    }
    waiting?.end();
    // The first failure after a good connection is tried elsewhere at once.
    this.schedule(reconnectDelayMs(Math.max(0, this.failures - 1), this.host.random()));
  }

  /** Goes on over the standby: it is open, and its server knows the conference. */
  private goOver(link: ServerLink): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.attempt += 1;
    this.link = { state: "connecting", server: null };
    link.owner = this.owner();
    this.primary = link;
    this.opened();
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
        this.learn(admission.servers, this.origin);
        this.core.useTicket({ ticket: admission.ticket, nonce: this.host.nonce() });
      }
      if (this.list.size === 0) this.learn(await this.host.servers(), this.origin);
      else if (this.failures > 0 && this.failures % this.list.size === 0) this.refresh();
    } catch (error) {
      if (attempt === this.attempt) this.refused(error);
      return;
    }
    if (attempt !== this.attempt) return;
    const address = this.list.next();
    if (address !== null) this.open(address);
    else this.refused(new ApiError("no_server", "No server can take this room now."));
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
      (paths) => this.learn(paths, this.origin),
      () => undefined, // the known servers are tried on
    );
  }

  private open(address: string): void {
    this.primary = this.linkTo(address, this.owner());
    if (this.primary !== null) return;
    this.list.failed(address);
    this.refused(new ApiError("unreachable", "The server could not be reached."));
  }

  /** Null when the browser refuses the address. */
  private linkTo(address: string, owner: LinkOwner): ServerLink | null {
    try {
      const socket = this.host.openSocket(webSocketUrl(address, this.origin));
      return new ServerLink(address, socket, () => this.host.nowMs(), owner);
    } catch {
      return null;
    }
  }

  private owner(): LinkOwner {
    return {
      opened: () => this.opened(),
      received: (frames) => this.received(frames),
      lost: (close) => this.lost(close),
      patience: () => this.patience(),
      silent: () => this.silent(),
      timed: (sentMs, receivedMs, timeMs) => this.host.timed(sentMs, receivedMs, timeMs),
    };
  }

  private patience(): Patience {
    if (!this.core.attached) return ATTACHING;
    return this.core.awaiting && this.standby.ready ? IMPATIENT : PATIENT;
  }

  /** Our server does not answer. Shape: whether it is kept until we are elsewhere. */
  private silent(): boolean {
    const elsewhere = this.standby.ready || this.move?.doubted === true;
    if (!this.core.attached || !elsewhere) return false;
    this.leave();
    return true;
  }

  private opened(): void {
    this.core.opened();
    this.flush();
  }

  private received(frames: readonly ServerFrame[]): void {
    for (const frame of frames) this.core.received(frame);
    this.flush();
    this.standby.heard();
  }

  /** Lets go of the server first: whatever it still says about us is of no more interest. */
  private lost(close: number): void {
    const { primary } = this;
    this.dropping = false;
    if (primary === null) return;
    this.primary = null;
    primary.end();
    if (this.move !== null && this.core.handedOver) return; // the welcome is on its way
    this.endMove();
    this.list.failed(primary.address);
    this.core.closed(close);
    if (this.link.state === "stopped") this.core.takeEffects();
    else this.flush();
  }

  private endMove(): void {
    this.move?.stop();
    this.move = null;
  }
}
