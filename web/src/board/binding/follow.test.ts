import { expect, test } from "vitest";

import { firstScroll, sameScroll, scrollTo, viewFrom, viewOf } from "./follow";

const SCREEN = { width: 1_000, height: 500 };

test("the same screen shows the same part", () => {
  const scroll = { scrollX: -120.5, scrollY: 33, zoom: 1.5 };
  expect(sameScroll(scrollTo(viewOf("1", scroll, SCREEN), SCREEN), scroll)).toBe(true);
});

test("another shape of screen shows all of it, in the middle", () => {
  const view = { page: "1", x: 100, y: 50, width: 400, height: 400 };
  const { scrollX, scrollY, zoom } = scrollTo(view, SCREEN);
  expect(zoom).toBe(1.25);
  expect((300 + scrollX) * zoom).toBeCloseTo(500);
  expect((250 + scrollY) * zoom).toBeCloseTo(250);
});

test("a view that others tell wrongly is none", () => {
  expect(viewFrom(null)).toBeUndefined();
  expect(viewFrom({ page: "1", x: 0, y: 0, width: 0, height: 5 })).toBeUndefined();
  expect(viewFrom({ page: 1, x: 0, y: 0, width: 5, height: 5 })).toBeUndefined();
  expect(viewFrom({ page: "1", x: Number.NaN, y: 0, width: 5, height: 5 })).toBeUndefined();
  const view = { page: "1", x: 0, y: 1, width: 5, height: 5 };
  expect(viewFrom({ ...view, more: 1 })).toEqual(view);
});

test("one begins where all is in sight, at the beginning of the board if possible", () => {
  const box = { x: 10, y: 10, width: 500, height: 300 };
  expect(firstScroll([], SCREEN)).toEqual({ scrollX: 0, scrollY: 0, zoom: 1 });
  expect(firstScroll([box, {}, { x: Number.NaN }], SCREEN).zoom).toBe(1);
  expect(firstScroll([box], SCREEN)).toEqual({ scrollX: 0, scrollY: 0, zoom: 1 });
  for (const far of [{ ...box, x: 4_000 }, { ...box, y: -800 }, { ...box, width: 3_000 }]) {
    const { scrollX, scrollY, zoom } = firstScroll([box, far], SCREEN);
    for (const one of [box, far]) {
      expect((one.x + scrollX) * zoom).toBeGreaterThan(0);
      expect((one.x + one.width + scrollX) * zoom).toBeLessThan(SCREEN.width);
      expect((one.y + scrollY) * zoom).toBeGreaterThan(0);
      expect((one.y + one.height + scrollY) * zoom).toBeLessThan(SCREEN.height);
    }
    expect(zoom).toBeLessThanOrEqual(1);
  }
});
