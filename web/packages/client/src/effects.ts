/** What the session core leads to, and the words it shares with its host. */
import { CODES, type CodeName } from "./generated/codes.gen";
import type {
  Batch,
  Bye,
  ClientFrame,
  Events,
  Outcomes,
  Position,
  ServerFrame,
  Welcome,
} from "./generated/frames.gen";
import type { OutboxRecord } from "./outbox";

/**
 * What became of an operation. Shape: `position` is where that was decided, or a later place when
 * it was learnt by a resume; null when no log ever decided it.
 */
export type Outcome =
  | { readonly state: "saved"; readonly position: Position }
  | {
      readonly state: "failed";
      readonly code: string;
      readonly message: string;
      readonly position: Position | null;
    };

/** What a session goes on with, on any server. */
export interface Credentials {
  readonly session: string;
  /** The session's number in the conference, and its Yjs client id. */
  readonly number: number;
  readonly person: string;
  readonly token: string;
  readonly generation: number;
}

/** A one-use ticket; the nonce is kept until the welcome so that only this client may try again. */
export interface Ticket {
  readonly ticket: string;
  readonly nonce: string;
}

export type PassedFrame = Exclude<ServerFrame, Welcome | Events | Outcomes | Bye>;

export type Effect =
  | { readonly kind: "send"; readonly frame: ClientFrame }
  | { readonly kind: "keep"; readonly record: OutboxRecord }
  | { readonly kind: "forget"; readonly id: string }
  | { readonly kind: "credentials"; readonly credentials: Credentials | null }
  | { readonly kind: "settled"; readonly record: OutboxRecord; readonly outcome: Outcome }
  /** `fresh`: another session than before, so another number; `moved`: nothing was lost before. */
  | {
      readonly kind: "welcomed";
      readonly welcome: Welcome;
      readonly fresh: boolean;
      readonly moved: boolean;
    }
  | { readonly kind: "batch"; readonly batch: Batch }
  | { readonly kind: "frame"; readonly frame: PassedFrame }
  /** End this connection, then call `closed`. */
  | { readonly kind: "disconnect" }
  /** Connect again; `code` says why. */
  | { readonly kind: "reconnect"; readonly code: string; readonly message: string }
  /** Do not connect again by yourself. */
  | { readonly kind: "stop"; readonly code: string; readonly message: string };

/** The code that a WebSocket was closed with, or null for none of ours. */
export function codeOfClose(close: number): CodeName | null {
  for (const [name, entry] of Object.entries(CODES)) {
    if (entry.close !== 0 && entry.close === close) return name as CodeName;
  }
  return null;
}

/** The sentence of a code, or the name itself when a newer server sent one unknown here. */
export function messageOf(code: string): string {
  return code in CODES ? CODES[code as CodeName].message : code;
}
