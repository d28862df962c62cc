import type { NewMark } from "@folkmoot/client";
import { expect, test } from "vitest";

import { HandTurns } from "../board/binding/testing";
import { AGAIN_MS, DraftTelling, TELL_EVERY_MS } from "./drafts";

function telling() {
  const turns = new HandTurns();
  const told: { atMs: number; points: number | null }[] = [];
  const send = (mark: NewMark | null) =>
    void told.push({ atMs: turns.nowMs(), points: mark?.points.length ?? null });
  const mark = (points: number): NewMark => ({
    id: "m", page: 1, tool: "pen", colour: "#d6362b", width: 0.004,
    points: Array.from({ length: points }, () => ({ x: 0, y: 0 })),
  });
  return { turns, told, mark, draft: new DraftTelling(send, turns) };
}

test("a stroke is told at once, then no more often than is useful, and always as it is by then", () => {
  const { turns, told, mark, draft } = telling();
  for (let at = 0; at < 1_000; at += 10) {
    draft.tell(() => mark(turns.nowMs() / 10 + 1));
    turns.advance(10);
  }
  expect(told[0]).toEqual({ atMs: 0, points: 1 });
  expect(told.length).toBeLessThanOrEqual(1_000 / TELL_EVERY_MS + 1);
  expect(told.at(-1)?.points).toBeGreaterThan(85);
});

test("a long stroke is told so seldom that it stays below 16 KB a second", () => {
  const { turns, told, mark, draft } = telling();
  for (let at = 0; at < 10_000; at += 10) {
    draft.tell(() => mark(1_000));
    turns.advance(10);
  }
  const bytes = told.reduce((sum, { points }) => sum + (points ?? 0) * 4, 0);
  expect(bytes / 10).toBeLessThan(17 * 1024);
});

test("a hand that rests says so again, and one that has lifted says nothing more", () => {
  const { turns, told, mark, draft } = telling();
  draft.tell(() => mark(3));
  turns.advance(3 * AGAIN_MS);
  expect(told).toHaveLength(4);
  draft.done();
  turns.advance(5_000);
  draft.drop();
  expect(told).toHaveLength(4);
});

test("a stroke that is given up is taken back", () => {
  const { turns, told, mark, draft } = telling();
  draft.tell(() => mark(3));
  draft.drop();
  turns.advance(5_000);
  expect(told).toEqual([{ atMs: 0, points: null }]);
});
