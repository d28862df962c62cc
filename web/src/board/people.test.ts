import { expect, test } from "vitest";

import { collaboratorsOf, idInColour, othersOn, personFrom } from "./people";

const VIEW = { page: "1", x: 0, y: 0, width: 100, height: 50 };
const ADA = {
  user: { name: "Ada", color: "#000000" },
  board: { person: "p1", view: VIEW, pointer: { x: 3, y: 4, tool: "laser" }, selected: ["a"] },
};

test("who has the board in sight is on it, oneself left out", () => {
  const states = new Map<number, unknown>([
    [7, ADA],
    [3, { ...ADA, board: { ...ADA.board, view: { ...VIEW, page: "2" } } }],
    [4, { user: { name: "reads the notes" } }],
    [5, ADA],
  ]);
  const others = othersOn(states, 5);
  expect(others.map(({ number }) => number)).toEqual([3, 7]);
  const drawn = [...collaboratorsOf(others, "1", () => "#6b4fc4").values()];
  expect(drawn).toEqual([
    {
      id: idInColour("p1", "#6b4fc4"),
      socketId: "7",
      username: "Ada",
      button: "up",
      selectedElementIds: { a: true },
      pointer: { x: 3, y: 4, tool: "laser", renderCursor: true },
    },
  ]);
});

test("what others tell wrongly of themselves does no harm", () => {
  for (const state of [null, 3, {}, { board: 7 }]) expect(personFrom(1, state)).toBeNull();
  const odd = {
    user: { name: "x".repeat(1_000) },
    board: {
      person: 3,
      view: { ...VIEW, width: 0 },
      pointer: { x: "1", y: Number.NaN },
      selected: [1, "a", ...Array.from({ length: 500 }, () => "b")],
    },
  };
  const person = personFrom(1, odd);
  expect(person).toMatchObject({ person: "", view: undefined, pointer: undefined, down: false });
  expect(person?.name).toHaveLength(64);
  expect(person?.selected).toHaveLength(50);
});

test("Excalidraw draws people in the hue that they have everywhere else", () => {
  // `getClientColor` of Excalidraw 0.18.1, which takes a hash of the id and nothing else.
  const hueOfId = (id: string) => {
    let hash = 0;
    for (let at = 0; at < id.length; at += 1) hash = (hash << 5) - hash + id.charCodeAt(at);
    return (Math.abs(hash) % 37) * 10;
  };
  const hues: readonly (readonly [string, number])[] = [
    ["#ff0000", 0], ["#6b4fc4", 250], ["#0a7a3c", 150], ["#bb3311", 10], ["#777777", 0],
  ];
  for (const [colour, hue] of hues) {
    for (const id of ["p1", "f3a9c0d2e4", "x".repeat(60)]) {
      expect(hueOfId(idInColour(id, colour))).toBe(hue);
      expect(idInColour(id, colour)).toMatch(new RegExp(`^${id}.$`, "u"));
    }
  }
});
