import { expect, test } from "vitest";

import { message, NOON_MS, own } from "../testing/messages";
import { GROUP_MS, rowsOf, type Row } from "./rows";

const firsts = (rows: Row[]) => rows.map((row) => row.first);

test("consecutive messages of one person stand together", () => {
  const rows = rowsOf([message("a"), message("b"), own("c"), message("d")]);
  expect(firsts(rows)).toEqual([true, false, true, true]);
  expect(rows.map((row) => row.last)).toEqual([false, true, true, true]);
});

test("a pause ends a group", () => {
  const rows = rowsOf([message("a"), message("b", { time_ms: NOON_MS + GROUP_MS })]);
  expect(firsts(rows)).toEqual([true, true]);
});

test("a new name ends a group", () => {
  expect(firsts(rowsOf([message("a"), message("b", { name: "Admiral" })]))).toEqual([true, true]);
});

test("each day has its line", () => {
  const tomorrow = { time_ms: NOON_MS + 24 * 3_600_000 };
  const rows = rowsOf([message("a"), message("b", tomorrow), message("c", tomorrow)]);
  expect(rows.map((row) => row.day)).toEqual([true, true, false]);
});

test("what is new is divided from its group", () => {
  const rows = rowsOf([message("a"), message("b")], "b");
  expect(rows.map((row) => row.divided)).toEqual([false, true]);
  expect(firsts(rows)).toEqual([true, true]);
  expect(rows[0]?.last).toBe(true);
});
