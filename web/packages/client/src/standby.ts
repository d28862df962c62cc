/**
 * Standby: a second connection on another server, ready to become the session's own.
 *
 * It keeps the conference loaded there. When the first connection is lost the session goes on over
 * this one at once; when that server stays behind what the standby tells, it goes over as well.
 * The standby itself is doubted when it is behind our own server, or when the servers are ranked
 * anew and another would be chosen: then it has to answer soon, or gives way. A dead one is none.
 */
import { machineOf, standbyAddress } from "./address";
import type { Position, ServerFrame } from "./generated/frames.gen";
import { PROTOCOL_VERSION } from "./generated/limits.gen";
import { Lag } from "./lag";
import { IMPATIENT, PATIENT, type Patience } from "./reconnect";
import type { LinkOwner, ServerLink } from "./serverLink";

export interface StandbyHost {
  /** Null when the browser refuses the address. */
  open(address: string, owner: LinkOwner): ServerLink | null;
  /** A server's list of servers, told at this address. */
  learn(paths: readonly string[], from: string): void;
  /** How far our own server is known to be. */
  reached(): Position;
  /** When anything came from our own server. */
  heardAtMs(): number;
  /** How far away our own server is. */
  roundTripMs(): number;
  /** Pings our own server. */
  ask(): void;
  /** Our own server stays behind, or silent. */
  behind(): void;
  random(): number;
  nowMs(): number;
}

const OPEN_AFTER_MS = [50, 300] as const;
const AGAIN_AFTER_MS = [500, 2_000] as const;
const AGAIN_FACTOR_MAX = 4;
/** How long a server that failed comes after all others. */
const FAILED_LATELY_MS = 10_000;
/** How long a standby is doubted after a new ranking, and when it counts as silent. */
const DOUBTED_MS = 3_000;
const SILENT_MS = 500;

export class Standby {
  private token: string | null = null;
  private current = "";
  private addresses: readonly string[] = [];
  private link: ServerLink | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private looking: ReturnType<typeof setTimeout> | null = null;
  private failures = 0;
  private doubtedUntilMs = 0;
  private readonly failedAtMs = new Map<string, number>();
  private readonly lag = new Lag();

  constructor(private readonly host: StandbyHost) {}

  /** Where the open link leads, or null. */
  get address(): string | null {
    return this.ready ? (this.link?.address ?? null) : null;
  }

  /** Whether the session could go on over it now. */
  get ready(): boolean {
    return this.link?.open === true;
  }

  /** The session was attached by the server at `current`. */
  attached(token: string, current: string, addresses: readonly string[]): void {
    this.token = token;
    this.current = current;
    this.failures = 0;
    if (this.link?.address === current) this.drop();
    this.servers(addresses);
  }

  /** A newer list of servers. A standby on our own machine gives way to one elsewhere. */
  servers(addresses: readonly string[]): void {
    this.addresses = addresses;
    if (this.token === null) return;
    const { link } = this;
    if (link !== null) {
      const better = this.choose();
      if (better !== null && better !== link.address) {
        this.doubtedUntilMs = this.host.nowMs() + DOUBTED_MS;
      }
      const here = machineOf(this.current);
      if (better === null || machineOf(link.address) !== here) return;
      if (machineOf(better) === here || this.failedLately(better)) return;
      this.drop();
    }
    this.soon(OPEN_AFTER_MS, 1);
  }

  /** Our own server was heard: it may have caught up, or be further behind. */
  heard(): void {
    if (this.looking !== null) this.look();
  }

  /** Gives the open link away, if there is one, and opens none before `attached`. */
  take(): ServerLink | null {
    const link = this.ready ? this.link : null;
    if (link !== null) this.link = null;
    this.stop();
    return link;
  }

  stop(): void {
    this.token = null;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.drop();
  }

  probe(): void {
    this.link?.probe();
  }

  // Opening

  private soon([leastMs, mostMs]: readonly [number, number], factor: number): void {
    if (this.timer !== null) return;
    const delayMs = (leastMs + this.host.random() * (mostMs - leastMs)) * factor;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.open();
    }, delayMs);
  }

  private choose(): string | null {
    return standbyAddress(this.addresses, this.current, (address) => this.failedLately(address));
  }

  private failedLately(address: string): boolean {
    const atMs = this.failedAtMs.get(address);
    return atMs !== undefined && this.host.nowMs() - atMs < FAILED_LATELY_MS;
  }

  private open(): void {
    const address = this.choose();
    const { token } = this;
    if (token === null || address === null || this.link !== null) return;
    const owner: LinkOwner = {
      opened: () => {
        this.link?.send({ frame: "standby", version: PROTOCOL_VERSION, token });
      },
      received: (frames) => this.received(frames, address),
      lost: () => this.lost(address),
      patience: () => this.patience(),
    };
    this.link = this.host.open(address, owner);
    if (this.link === null) this.lost(address);
  }

  private patience(): Patience {
    const { link } = this;
    const nowMs = this.host.nowMs();
    const silent = link !== null && nowMs - link.heardAtMs > SILENT_MS;
    const doubted = nowMs < this.doubtedUntilMs || this.lag.trails(this.host.reached());
    return silent && doubted ? IMPATIENT : PATIENT;
  }

  private lost(address: string): void {
    this.drop();
    for (const known of this.failedAtMs.keys()) {
      if (!this.addresses.includes(known)) this.failedAtMs.delete(known);
    }
    this.failedAtMs.set(address, this.host.nowMs());
    this.soon(AGAIN_AFTER_MS, Math.min(AGAIN_FACTOR_MAX, 2 ** this.failures));
    this.failures += 1;
  }

  private drop(): void {
    const { link } = this;
    this.link = null;
    link?.end();
    this.lag.forget();
    if (this.looking !== null) clearTimeout(this.looking);
    this.looking = null;
  }

  // What it tells

  private received(frames: readonly ServerFrame[], address: string): void {
    for (const frame of frames) {
      if (frame.frame === "head") {
        this.failures = 0;
        this.lag.told(frame.position);
        this.look();
      } else if (frame.frame === "servers") this.host.learn(frame.paths, address);
      else if (frame.frame === "bye") {
        this.lost(address);
        return;
      }
    }
  }

  /** Timers of a hidden page are slow: each head and each sign of our server is a look, too. */
  private look(): void {
    if (this.looking !== null) clearTimeout(this.looking);
    this.looking = null;
    const { what, againMs } = this.lag.look(
      this.host.nowMs(),
      this.host.reached(),
      this.host.heardAtMs(),
      this.host.roundTripMs(),
    );
    if (againMs !== null) this.looking = setTimeout(() => this.look(), againMs);
    if (what === "ask") this.host.ask();
    else if (what === "switch" && this.ready) this.host.behind();
  }
}
