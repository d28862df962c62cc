/** What the components show. Plain values, made from the client's state by `view.ts`. */
import type { Role } from "@folkmoot/client";

export interface Person {
  id: string;
  name: string;
  role: Role;
  presence: "here" | "reconnecting" | "away";
  /** Devices they are here with. */
  devices: number;
  you: boolean;
}

/** `unconfirmed`: somebody else's, which the log has not decided yet. */
export type MessageStatus = "saved" | "sending" | "unconfirmed" | "failed";

/** What a message answers; the text is empty once that was deleted. */
export interface Quote {
  id: string;
  author: string;
  name: string;
  text: string;
}

export interface Message {
  /** Id in the room's log; empty while it is not saved. */
  id: string;
  /** Stable from the moment of sending to after it was saved. */
  key: string;
  author: string;
  name: string;
  you: boolean;
  text: string;
  time_ms: number;
  /** Empty for everyone, "hosts", or a person, whose name is `toName`. */
  to: string;
  toName: string;
  reply: Quote | null;
  /** Persons, and the names by which the text calls them. */
  mentions: ReadonlyMap<string, string>;
  edited: boolean;
  /** Who deleted it; empty when nobody did. */
  deletedBy: string;
  reactions: ReadonlyMap<string, readonly string[]>;
  status: MessageStatus;
  /** Code and sentence of a refusal, when `status` is "failed". */
  code?: string;
  reason?: string;
}

export type ConnectionKind =
  | "connecting"
  | "connected"
  | "reconnected"
  | "reconnecting"
  | "paused"
  | "takenOver"
  | "closed";

export interface Connection {
  kind: ConnectionKind;
  /** Short name of the server, such as "collaboration-1"; empty when there is none. */
  server: string;
  /** Changes that are not known to be saved. */
  waiting: number;
  /** Why it ended, when `kind` is "closed". */
  code?: string;
  message?: string;
}

export type SaveState = "saved" | "saving" | "waiting" | "failed";

/** A connection on which a person can go on working. */
export function isLive(kind: ConnectionKind): boolean {
  return kind !== "takenOver" && kind !== "closed";
}
