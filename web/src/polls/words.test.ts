import type { Poll } from "@folkmoot/client";
import { expect, test } from "vitest";

import { poll } from "../testing/talk";
import { cleaned } from "./PollEditor";
import { csvOf, percentOf } from "./words";

const WORDS = { yesno: ["Yes", "No", "Abstain"], option: "Option", votes: "Votes", name: "Name", answer: "Answer" };

function csv(parts: Partial<Poll>, answers: Parameters<typeof csvOf>[1] = []): string[] {
  return csvOf(poll(parts), answers, WORDS).trimEnd().split("\r\n");
}

test("a secret poll's table has counts and no names", () => {
  expect(csv({ counts: [2, 1] })).toEqual(['"Option","Votes"', '"Soup","2"', '"Salad","1"']);
  const said = [{ name: "", choices: [], text: "tea", votes: 2 }];
  expect(csv({ kind: "text" }, said)).toEqual(['"Answer","Votes"', '"tea","2"']);
});

test("an open poll's table has every vote, and no formula for a spreadsheet", () => {
  const answers = [
    { name: "=SUM(A1)", choices: [1, 0], text: "", votes: 1 },
    { name: 'Ada "A"', choices: [0], text: "", votes: 1 },
  ];
  expect(csv({ secret: false, kind: "ranked" }, answers)).toEqual([
    '"Name","Answer"',
    `"'=SUM(A1)","Salad > Soup"`,
    '"Ada ""A""","Soup"',
  ]);
});

test("percents are whole, and of nothing none", () => {
  expect([percentOf(1, 3), percentOf(2, 3), percentOf(0, 0)]).toEqual([33, 67, 0]);
});

test("empty options are left out, and the right ones keep their place", () => {
  const terms = { ...poll({ kind: "quiz", options: ["a", " ", "b "], right: [2] }), choicesMax: 0 };
  expect(cleaned(terms)).toMatchObject({ options: ["a", "b"], right: [1], choicesMax: 1 });
  expect(cleaned({ ...terms, kind: "multiple" })).toMatchObject({ right: [], choicesMax: 2 });
  expect(cleaned({ ...terms, kind: "yesno" })).toMatchObject({ options: [], choicesMax: 1 });
});
