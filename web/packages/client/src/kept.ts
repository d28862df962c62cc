/** How a session's slot is written into the browser's storage, and read with distrust. */
import { decode } from "@msgpack/msgpack";

import type { Credentials, OutboxRecord } from "./session";
import { encode, isMap } from "./wire";

export interface SlotMeta {
  readonly name: string;
  /** Secret of the link that the session came by; null for a participant without one. */
  readonly key: string | null;
  readonly credentials: Credentials | null;
  readonly usedMs: number;
}

function toText(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function fromText(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function writeRecord(record: OutboxRecord): string {
  const { id, app, type, body, lane, number, atMs, counter, held } = record;
  return toText(encode([id, app, type, body, lane, number, atMs, counter, held]));
}

export function parseRecord(text: string): OutboxRecord | null {
  try {
    const items = decode(fromText(text));
    if (!Array.isArray(items)) return null;
    const [id, app, type, body, lane, number, atMs, counter, held] = items as unknown[];
    if (typeof id !== "string" || typeof app !== "string" || typeof type !== "string") return null;
    if (typeof lane !== "string" || typeof number !== "number") return null;
    if (typeof atMs !== "number" || typeof counter !== "number") return null;
    return { id, app, type, body, lane, number, atMs, counter, held: held === true };
  } catch {
    return null;
  }
}

export function writeMeta(meta: SlotMeta): string {
  return JSON.stringify(meta);
}

export function parseMeta(text: string): SlotMeta | null {
  try {
    const meta: unknown = JSON.parse(text);
    if (!isMap(meta) || typeof meta["name"] !== "string") return null;
    return {
      name: meta["name"],
      key: typeof meta["key"] === "string" ? meta["key"] : null,
      credentials: parseCredentials(meta["credentials"]),
      usedMs: typeof meta["usedMs"] === "number" ? meta["usedMs"] : 0,
    };
  } catch {
    return null;
  }
}

function parseCredentials(value: unknown): Credentials | null {
  if (!isMap(value)) return null;
  const { session, number, person, token, generation } = value;
  if (typeof session !== "string" || typeof number !== "number") return null;
  if (typeof person !== "string" || typeof token !== "string") return null;
  return typeof generation !== "number" ? null : { session, number, person, token, generation };
}
