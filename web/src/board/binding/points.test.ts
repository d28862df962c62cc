import fc from "fast-check";
import { expect, test } from "vitest";

import {
  packPoints,
  packPressures,
  type Point,
  POINTS_MAX,
  thinned,
  unpackPoints,
  unpackPressures,
} from "./points";

const coordinate = fc.double({ min: -100_000, max: 100_000, noNaN: true });
const points = fc.array(fc.tuple(coordinate, coordinate), { maxLength: 200 });

test("points come back within half a hundredth of a pixel", () => {
  fc.assert(
    fc.property(points, fc.nat(200), (all, at) => {
      const [head, tail] = [all.slice(0, at), all.slice(at)];
      const first = unpackPoints(packPoints(head));
      const rest = unpackPoints(packPoints(tail, head.at(-1)), first.at(-1));
      const back = [...first, ...rest];
      expect(back).toHaveLength(all.length);
      back.forEach(([x, y], n) => {
        expect(Math.abs(x - (all[n]?.[0] ?? 0))).toBeLessThanOrEqual(0.0051);
        expect(Math.abs(y - (all[n]?.[1] ?? 0))).toBeLessThanOrEqual(0.0051);
      });
    }),
  );
});

test("any bytes can be read, and give no more points than a stroke may have", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      for (const [x, y] of unpackPoints(bytes)) expect(Number.isFinite(x + y)).toBe(true);
      expect(unpackPressures(bytes)).toHaveLength(bytes.length);
    }),
  );
  expect(unpackPoints(new Uint8Array(100_000))).toHaveLength(POINTS_MAX);
});

test("a point of a stroke takes some four bytes, a pressure one", () => {
  const all: Point[] = Array.from({ length: 1_000 }, (_, n) => [n * 1.7, Math.sin(n / 10) * 30]);
  expect(packPoints(all).length).toBeLessThan(4_100);
  expect(packPressures([0, 0.5, 1, 7])).toEqual(Uint8Array.from([0, 128, 255, 255]));
});

test("numbers that are none are taken as 0", () => {
  expect(unpackPoints(packPoints([[Number.NaN, Infinity]]))).toEqual([[0, 0]]);
});

test("a stroke that is too long keeps both ends", () => {
  const all = Array.from({ length: 50_000 }, (_, n) => n);
  const kept = thinned(all);
  expect(kept.length).toBeLessThanOrEqual(POINTS_MAX);
  expect([kept[0], kept.at(-1)]).toEqual([0, 49_999]);
});
