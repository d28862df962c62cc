import { CODES } from "@folkmoot/client";
import { expect, test } from "vitest";

import { de } from "./de";
import { en } from "./en";

type Tree = { [key: string]: string | Tree };

function sentences(tree: Tree, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [[path + key, value]] : sentences(value, `${path}${key}.`),
  );
}

const holes = (sentence: string) => [...sentence.matchAll(/\{\{(\w+)\}\}/gu)].map((m) => m[1]).toSorted();

test.each(Object.entries({ German: de }))("%s has every sentence of the page, with the same holes", (_, other) => {
  const translated = new Map(sentences(other));
  for (const [key, sentence] of sentences(en)) {
    expect(translated.get(key), key).toBeTruthy();
    expect(holes(translated.get(key) ?? ""), key).toEqual(holes(sentence));
  }
  expect(translated.size).toBe(sentences(en).length);
});

test("every code of the protocol has a sentence", () => {
  const codes = Object.keys(CODES);
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !(code in en.codes))).toEqual([]);
});
