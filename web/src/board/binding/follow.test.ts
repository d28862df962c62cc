import { expect, test } from "vitest";

import { sameScroll, scrollTo, viewFrom, viewOf } from "./follow";

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
