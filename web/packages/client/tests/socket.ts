/** A client's socket into the zone in memory, which takes frames in bytes and gives them. */
import { decode } from "@msgpack/msgpack";

import {
  type ClientFrame,
  readClientFrame,
  type Rejection,
  type ServerFrame,
  writeServerFrame,
} from "../src/generated/frames.gen";
import type { Socket } from "../src/serverLink";
import { encode } from "../src/wire";

export interface ZoneSession {
  readonly id: string;
  readonly number: number;
  readonly person: string;
  readonly nonce: string;
  generation: number;
  counter: number;
  rejected: Rejection[];
  socket: FakeSocket | null;
}

/** What a socket asks of its zone. */
export interface Servers {
  readonly down: ReadonlySet<string>;
  readonly frozen: ReadonlySet<string>;
  received(socket: FakeSocket, frame: ClientFrame): void;
  lost(socket: FakeSocket): void;
}

export class FakeSocket implements Socket {
  binaryType = "";
  readyState = 0;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  session: ZoneSession | null = null;
  sequence = 0;
  silent = false;
  standby = false;
  /** It was said goodbye to. */
  ending = false;
  /** Whether the client closed it. */
  left = false;
  readonly url: string;
  readonly path: string;

  constructor(
    url: string,
    private readonly zone: Servers,
  ) {
    this.url = url;
    this.path = new URL(url).pathname;
    queueMicrotask(() => {
      if (this.frozen) return;
      if (zone.down.has(this.path)) this.end(1006);
      else {
        this.readyState = 1;
        this.onopen?.({} as Event);
      }
    });
  }

  /** Nothing gets in or out; a server that goes on reads later what was sent meanwhile. */
  private get frozen(): boolean {
    return this.silent || this.zone.frozen.has(this.path);
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    if (this.frozen) return;
    const frame = readClientFrame(decode(data));
    if (frame !== null) this.zone.received(this, frame);
  }

  close(): void {
    this.readyState = 3;
    this.left = true;
    this.zone.lost(this);
  }

  /** The server's end: the client sees the close. */
  end(code: number): void {
    this.zone.lost(this);
    this.readyState = 3;
    this.onclose?.({ code } as CloseEvent);
  }

  /** Shape: several frames travel as one message. */
  deliver(...frames: ServerFrame[]): void {
    if (this.frozen || this.readyState !== 1) return;
    const bytes = encode(frames.map(writeServerFrame)).slice();
    queueMicrotask(() => this.onmessage?.({ data: bytes.buffer } as unknown as MessageEvent));
  }
}
