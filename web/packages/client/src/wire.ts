/**
 * Bytes to values and back, and the checks that the generated frame readers are made of.
 *
 * May not live here: anything that knows a frame.
 */
import { decode, encode as encodeValue } from "@msgpack/msgpack";

/** The peer sent something that is no frame: the connection is of no more use. */
export class WireError extends Error {
  override readonly name = "WireError";
}

function refuse(expected: string, value: unknown): never {
  throw new WireError(`expected ${expected}, got ${value === null ? "nil" : typeof value}`);
}

export function readItems(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : refuse("an array", value);
}

export function readNumber(value: unknown): number {
  return typeof value === "number" ? value : refuse("a number", value);
}

export function readString(value: unknown): string {
  return typeof value === "string" ? value : refuse("a string", value);
}

export function readBoolean(value: unknown): boolean {
  return typeof value === "boolean" ? value : refuse("a boolean", value);
}

export function readAny(value: unknown): unknown {
  return value;
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  );
}

export function readMap(value: unknown): Readonly<Record<string, unknown>> {
  return isMap(value) ? value : refuse("a map", value);
}

export function readList<T>(value: unknown, read: (item: unknown) => T): readonly T[] {
  return readItems(value).map(read);
}

/**
 * The frames of one message of a server, which is an array of frames (docs: protocol/frames.py).
 * Throws `WireError` when the bytes are none.
 */
export function decodeValues(data: Uint8Array): readonly unknown[] {
  let value: unknown;
  try {
    value = decode(data);
  } catch (error) {
    throw new WireError(`not MessagePack: ${error instanceof Error ? error.message : "?"}`);
  }
  return readItems(value);
}

export function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return encodeValue(value, { ignoreUndefined: true });
}
