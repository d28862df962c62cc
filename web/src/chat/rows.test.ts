import { expect, test } from "vitest";

import { message, NOON_MS, own } from "../testing/messages";
import { GROUP_MS, rowsOf, type Row } from "./rows";

const kinds = (rows: Row[]) => rows.map((row) => row.kind);
const firsts = (rows: Row[]) => rows.flatMap((row) => (row.kind === "message" ? [row.first] : []));

test("consecutive messages of one person stand together", () => {
  const rows = rowsOf([message("a"), message("b"), own("c"), message("d")]);
  expect(firsts(rows)).toEqual([true, false, true, true]);
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
  expect(kinds(rows)).toEqual(["day", "message", "day", "message", "message"]);
});

test("what is new is divided from its group", () => {
  const rows = rowsOf([message("a"), message("b")], "b");
  expect(kinds(rows)).toEqual(["day", "message", "new", "message"]);
  expect(firsts(rows)).toEqual([true, true]);
});

test("keys are unique", () => {
  const rows = rowsOf([message("a"), own("b"), message("c")], "c");
  expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
});
