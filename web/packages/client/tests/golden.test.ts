/** Frames as the Python side writes them: `python -m folkmoot.testing.frames`. */
import { expect, test } from "vitest";

import {
  readClientFrame,
  readServerFrame,
  writeClientFrame,
  writeServerFrame,
} from "../src/generated/frames.gen";
import { decodeValues, encode, isMap } from "../src/wire";
import examples from "./golden/frames.json" with { type: "json" };

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** JSON holds no bytes: they are `{"$bytes": hex}`. */
function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (!isMap(value)) return value;
  if (typeof value["$bytes"] === "string") return bytesOf(value["$bytes"]);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revived(item)]));
}

test.each(examples)("$side $name, $kind", ({ side, exact, hex, value }) => {
  // A message of a server is an array of frames: one of one element is 0x91 and the frame.
  const [raw] = decodeValues(bytesOf(`91${hex}`));
  const expected = revived(value);
  if (side === "client") {
    const frame = readClientFrame(raw);
    expect(frame).toEqual(expected);
    if (exact && frame !== null) expect(hexOf(encode(writeClientFrame(frame)))).toBe(hex);
  } else {
    const frame = readServerFrame(raw);
    expect(frame).toEqual(expected);
    if (exact && frame !== null) expect(hexOf(encode(writeServerFrame(frame)))).toBe(hex);
  }
});
