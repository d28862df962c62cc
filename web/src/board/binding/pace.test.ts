import { expect, test } from "vitest";

import { paceMs } from "./pace";
import { Board } from "./testing";

/** Updates and bytes of two seconds in which a shape is dragged, and of a stroke after it. */
function drawn(others: number, elements = 10) {
  const board = new Board(1);
  for (let n = 0; n < elements; n += 1) board.edit(`e${n}`, { x: n });
  board.turns.advance(60_000);
  board.binding.others = others;
  board.updates.splice(0);
  for (let at = 0; at < 2_000; at += 10) {
    board.edit("e1", { x: at });
    board.turns.advance(10);
  }
  board.turns.advance(1_000);
  const dragged = board.updates.splice(0);
  const points: [number, number][] = [];
  board.penOn = "s";
  for (let at = 0; at < 2_000; at += 10) {
    points.push([at, at % 30]);
    board.edit("s", { type: "freedraw", points: [...points], pressures: [] });
    board.turns.advance(10);
  }
  board.penOn = null;
  board.edit("s");
  board.turns.advance(1_000);
  const bytes = [...dragged, ...board.updates].reduce((sum, { length }) => sum + length, 0);
  return { perS: dragged.length / 2, strokePerS: board.updates.length / 2, bytes };
}

test("what is drawn goes to a few as quickly as they see it, and to a crowd more seldom", () => {
  const [alone, few, many, crowd] = [0, 3, 20, 100].map((others) => drawn(others));
  console.log("updates a second and bytes of four seconds:", { alone, few, many, crowd });
  expect(alone?.perS).toBeLessThanOrEqual(5);
  expect(few?.perS).toBeLessThanOrEqual(18);
  expect(many?.perS).toBeLessThanOrEqual(10.5);
  expect(crowd?.perS).toBeLessThanOrEqual(6);
  // More updates, but each of them small: less than twice the bytes.
  expect(few?.bytes).toBeLessThan(2 * (many?.bytes ?? 0));
});

test("a board that takes long to draw is told of no sooner than it can be drawn", () => {
  expect(paceMs(3, 2_000)).toBeLessThan(paceMs(3, 5_000));
  expect(paceMs(100, 5_000)).toBeGreaterThan(paceMs(3, 5_000));
});
