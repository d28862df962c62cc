/** What is told of a connection that was lost and found. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { BRIEF_MS, FIRST_STATUS, JUST_RECONNECTED_MS, StatusBoard } from "../src/status";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Somebody who was connected, lost that, and tried for so long. */
function awayFor(ms: number): StatusBoard {
  const board = new StatusBoard(FIRST_STATUS);
  board.connected("collaboration-1", "p", 1);
  board.reconnecting("lost", "The server did not answer.");
  vi.advanceTimersByTime(ms - 1);
  board.reconnecting("lost", "The next one did not answer either.");
  vi.advanceTimersByTime(1);
  board.connected("collaboration-2", "p", 1);
  return board;
}

test("who was away for long is told for a moment that it is over", () => {
  const board = awayFor(BRIEF_MS);
  expect(board.cell.getSnapshot()).toMatchObject({ phase: "connected", justReconnected: true });
  vi.advanceTimersByTime(JUST_RECONNECTED_MS);
  expect(board.cell.getSnapshot().justReconnected).toBe(false);
});

test("an absence that nobody saw needs no word", () => {
  const board = awayFor(BRIEF_MS - 1);
  expect(board.cell.getSnapshot()).toMatchObject({ phase: "connected", justReconnected: false });
});
