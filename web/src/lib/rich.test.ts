import { expect, test } from "vitest";

import { mentioned, richPieces } from "./rich";

const NAMES = new Map([
  ["p1", "Ann"],
  ["p2", "Ann Lee"],
]);

test("code is shown as it was typed, and nothing in it is a link or a mention", () => {
  expect(richPieces("see `https://a.example @Ann` and\n```ts\nlet x = 1;\n```", NAMES)).toEqual([
    { kind: "text", text: "see " },
    { kind: "code", text: "https://a.example @Ann", block: false },
    { kind: "text", text: " and\n" },
    { kind: "code", text: "let x = 1;", block: true },
  ]);
  expect(richPieces("a ` b", NAMES)).toEqual([{ kind: "text", text: "a ` b" }]);
});

test("a mention is the longest name that fits, and ends where the name does", () => {
  expect(richPieces("@Ann Lee, @Ann and @Annika", NAMES)).toEqual([
    { kind: "mention", text: "@Ann Lee", person: "p2" },
    { kind: "text", text: ", " },
    { kind: "mention", text: "@Ann", person: "p1" },
    { kind: "text", text: " and @Annika" },
  ]);
});

test("a name with signs of its own is plain text to the search", () => {
  const people = [{ id: "p3", name: "(.*) <b>" }];
  expect(mentioned("hi @(.*) <b>!", people)).toEqual(["p3"]);
});

test("several people of one name are all mentioned", () => {
  const people = [
    { id: "a", name: "Kim" },
    { id: "b", name: "Kim" },
    { id: "c", name: "Lou" },
  ];
  expect(mentioned("@Kim?", people)).toEqual(["a", "b"]);
  expect(mentioned("mail kim@example.org", people)).toEqual([]);
});

test("long text without an end is read in a moment", () => {
  const text = "`".repeat(10_000);
  expect(richPieces(text, NAMES).length).toBeGreaterThan(0);
});
