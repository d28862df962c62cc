// @vitest-environment node
import { inflateSync } from "node:zlib";

import { expect, test } from "vitest";

import { pdfOf } from "./pdf";

function pixels(width: number, height: number, colour: readonly number[]) {
  const all = Array.from({ length: width * height }, () => [...colour, 255]).flat();
  return { widthPixels: width, heightPixels: height, pixels: Uint8ClampedArray.from(all) };
}

test("a PDF has a page for each picture, and finds all its objects where it says", async () => {
  const given = [pixels(4, 2, [255, 0, 0]), pixels(40_000, 1, [0, 0, 255])];
  const blob = await pdfOf("Skizzen (1) ✏", given.length, async (n) => given[n] ?? pixels(1, 1, []));
  const bytes = Buffer.from(await blob.arrayBuffer());
  const text = bytes.toString("latin1");
  expect(text.match(/\/Type \/Page /gu)).toHaveLength(2);
  expect(text).toContain("/MediaBox [0 0 2.00 1.00]");
  expect(text).toContain("/MediaBox [0 0 14400.00 0.36]");
  expect(text).toContain("<feff0053006b0069007a007a0065006e");
  const start = Number(/startxref\n(\d+)/u.exec(text)?.[1]);
  const rows = text.slice(start).match(/^\d{10} 00000 n $/gmu) ?? [];
  expect(rows).toHaveLength(9);
  rows.forEach((row, n) => {
    expect(text.slice(Number(row.slice(0, 10)))).toMatch(new RegExp(`^${n + 1} 0 obj`, "u"));
  });
  const image = text.indexOf("stream\n", text.indexOf("/Subtype /Image")) + "stream\n".length;
  expect([...inflateSync(bytes.subarray(image)).subarray(0, 6)]).toEqual([255, 0, 0, 255, 0, 0]);
});
