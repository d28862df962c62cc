/**
 * A move: going over to another server while our own serves on, so that nothing is missed.
 *
 * Opened by the server's word; it ends when we are welcomed there, or fails.
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
  /** It did not come to that. `asked`: it may have come through all the same. */
  failed(asked: boolean): void;
}

/** How long it may take: a server closes those who are slower. */
export const MOVE_MS = 4_000;
const TRIES_MAX = 3;

export class Move {
  private link: ServerLink | null = null;
  private asked = false;
  private readonly timer: ReturnType<typeof setTimeout>;

  constructor(
    private readonly core: SessionCore,
    private addresses: readonly string[],
    private readonly host: MoveHost,
  ) {
    this.timer = setTimeout(() => this.fail(), MOVE_MS);
    this.addresses = addresses.slice(0, TRIES_MAX);
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
    clearTimeout(this.timer);
    this.link?.end();
    this.link = null;
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
    if (frame === null) this.fail();
    else this.asked = this.link?.send(frame) ?? false;
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
        clearTimeout(this.timer);
        this.link = null;
        this.host.moved(link, frames.slice(index + 1));
        return;
      }
    }
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
