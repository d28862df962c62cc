/**
 * A move: going over to another server while our own serves on, so that nothing is missed.
 *
 * Opened by the server's word, or by our own doubt: a silent server may be dead, or only slow, so a
 * false alarm shall cost nothing. But it is given up at once where the log takes nothing just now:
 * then the welcome is seconds away, and all that the other server can do meanwhile counts.
 */
import type { ServerFrame } from "./generated/frames.gen";
import { PATIENT } from "./reconnect";
import type { LinkOwner, ServerLink } from "./serverLink";
import type { SessionCore } from "./session";

export interface MoveHost {
  /** Null when the browser refuses the address. */
  open(address: string, owner: LinkOwner): ServerLink | null;
  /** The session is attached over this link now; `rest` came in one message with the welcome. */
  moved(link: ServerLink, rest: readonly ServerFrame[]): void;
  /** Our own server is left without a welcome; `told` is what the other one said until then. */
  gaveUp(link: ServerLink, told: readonly ServerFrame[]): void;
  /** It did not come to that. `asked`: it may have come through all the same. */
  failed(asked: boolean): void;
}

/** How long it may take: a server closes those who are slower. */
export const MOVE_MS = 4_000;
/** How long the welcome may take while our own server is silent. */
export const DOUBT_MS = 1_000;
const TRIES_MAX = 3;

export class Move {
  private link: ServerLink | null = null;
  private asked = false;
  private readonly timer: ReturnType<typeof setTimeout>;
  private doubting: ReturnType<typeof setTimeout> | null = null;
  private heardAtMs = 0;
  private readonly told: ServerFrame[] = [];

  /** Shape: `silent` is our own server's link when it is doubted. */
  constructor(
    private readonly core: SessionCore,
    private addresses: readonly string[],
    private readonly host: MoveHost,
    private readonly silent: ServerLink | null = null,
  ) {
    this.timer = setTimeout(() => this.fail(), MOVE_MS);
    this.addresses = addresses.slice(0, TRIES_MAX);
  }

  /** Whether we ourselves began it, for our server is silent or behind. */
  get doubted(): boolean {
    return this.silent !== null;
  }

  /** Shape: `waiting` is the standby's link, when it leads to one of the addresses. */
  begin(waiting: ServerLink | null): void {
    if (waiting === null) this.next();
    else {
      waiting.owner = this.owner();
      this.link = waiting;
      this.opened();
    }
  }

  /** Gives it up; the host is not told. */
  stop(): void {
    this.clear();
    this.link?.end();
    this.link = null;
  }

  private clear(): void {
    clearTimeout(this.timer);
    if (this.doubting !== null) clearTimeout(this.doubting);
  }

  private owner(): LinkOwner {
    return {
      opened: () => this.opened(),
      received: (frames) => this.received(frames),
      lost: () => this.lost(),
      patience: () => PATIENT,
    };
  }

  private next(): void {
    const [address, ...others] = this.addresses;
    this.addresses = others;
    if (address === undefined) {
      this.fail();
      return;
    }
    this.link = this.host.open(address, this.owner());
    if (this.link === null) this.next();
  }

  private opened(): void {
    const frame = this.core.moveFrame();
    if (frame === null) {
      this.fail();
      return;
    }
    if (this.silent !== null) {
      this.heardAtMs = this.silent.heardAtMs;
      this.doubting = setTimeout(() => this.leave(), DOUBT_MS);
    }
    this.asked = this.link?.send(frame) ?? false;
  }

  /** Gives our own server up, unless something came from it since we asked elsewhere. */
  private leave(): void {
    const { link, silent } = this;
    if (link === null || silent === null) return;
    if (silent.open && silent.heardAtMs !== this.heardAtMs) return;
    this.clear();
    this.link = null;
    this.host.gaveUp(link, this.told);
  }

  private received(frames: readonly ServerFrame[]): void {
    const { link } = this;
    for (const [index, frame] of frames.entries()) {
      if (link === null || link !== this.link) return;
      const outcome = this.core.receivedElsewhere(frame);
      if (outcome === "failed") {
        if (frame.frame === "fault") this.asked = false; // certainly not
        this.fail();
        return;
      }
      if (outcome === "moved") {
        this.clear();
        this.link = null;
        this.host.moved(link, frames.slice(index + 1));
        return;
      }
      this.told.push(frame);
    }
    if (this.core.waitsElsewhere) this.leave();
  }

  private lost(): void {
    this.link = null;
    if (this.asked) this.fail();
    else this.next();
  }

  private fail(): void {
    this.stop();
    this.host.failed(this.asked);
  }
}
