import { CODES } from "@folkmoot/client";
import i18next from "i18next";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";

import { chooseLanguage, currentLanguage, detect, isLanguage, startLanguages } from ".";
import { de } from "./de";
import { en } from "./en";
import { es } from "./es";
import { zh } from "./zh";

type Tree = { [key: string]: string | Tree | undefined };

function sentences(tree: Tree, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) => {
    if (typeof value === "string") return [[path + key, value]];
    return value === undefined ? [] : sentences(value, `${path}${key}.`);
  });
}

const holes = (sentence: string) =>
  [...sentence.matchAll(/\{\{(\w+)\}\}/gu)].map((m) => m[1]).toSorted();

const ENGLISH = new Map(sentences(en));
const counted = [...ENGLISH.keys()]
  .filter((key) => key.endsWith("_other"))
  .map((key) => key.slice(0, -"_other".length));

/** What a language must have: English's keys, with its own forms where a number counts. */
function keysOf(language: string): string[] {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const plain = [...ENGLISH.keys()].filter((key) => !/_(?:one|other)$/u.test(key));
  return [...plain, ...counted.flatMap((key) => forms.map((form) => `${key}_${form}`))].toSorted();
}

const TREES: Record<string, Tree> = { en, de, es, zh };

beforeAll(() => startLanguages("en"));
beforeEach(() => chooseLanguage("en"));
afterAll(() => chooseLanguage("en"));

test.each(Object.entries(TREES))("%s has every sentence of the page, and no more", (code, tree) => {
  expect(sentences(tree).map(([key]) => key).toSorted()).toEqual(keysOf(code));
});

test.each(Object.entries(TREES))("%s has the holes of English in every sentence", (_, tree) => {
  for (const [key, sentence] of sentences(tree)) {
    expect(sentence.trim(), key).toBe(sentence);
    expect(sentence, key).not.toBe("");
    const twin = key.replace(/_(?:zero|one|two|few|many)$/u, "_other");
    const english = ENGLISH.get(key) ?? ENGLISH.get(twin) ?? "";
    // "A day" may stand for the number one.
    const wanted = holes(english);
    const had = key.endsWith("_one") ? [...new Set([...holes(sentence), "count"])] : holes(sentence);
    expect(had.toSorted(), key).toEqual(
      key.endsWith("_one") ? [...new Set([...wanted, "count"])].toSorted() : wanted,
    );
  }
});

test.each(["de", "es", "zh"] as const)("%s leaves nothing in English by oversight", (code) => {
  const same = sentences(TREES[code] ?? {}).filter(
    ([key, sentence]) => sentence === ENGLISH.get(key) && /\p{L}{3}[^{}]* \p{L}{3}/u.test(
      sentence.replace(/\{\{\w+\}\}/gu, ""),
    ),
  );
  expect(same).toEqual([]);
});

test.each(["de", "es", "zh"] as const)("%s counts in its own words, whatever the number", async (code) => {
  await chooseLanguage(code);
  const own = new Set(sentences(TREES[code] ?? {}).map(([, sentence]) => sentence));
  const said = (key: string, count: number) =>
    (i18next.t as (key: string, options: object) => string)(key, {
      count,
      skipInterpolation: true,
    });
  for (const count of [0, 1, 2, 5, 21, 1_000_000]) {
    for (const key of counted) expect(own, `${key} ${count}`).toContain(said(key, count));
  }
});

test("a language is loaded when it is chosen, kept, and told to the reader of the page", async () => {
  await chooseLanguage("zh");
  expect(currentLanguage()).toBe("zh");
  expect(i18next.t("room.leave")).toBe("离开房间");
  expect(document.documentElement.lang).toBe("zh-Hans");
  expect(detect()).toBe("zh");
});

test("the last choice wins, however long the first one takes to load", async () => {
  await Promise.all([chooseLanguage("es"), chooseLanguage("en")]);
  expect(currentLanguage()).toBe("en");
});

test("the browser's languages decide where nothing was chosen", () => {
  localStorage.clear();
  const languages = vi.spyOn(navigator, "languages", "get");
  languages.mockReturnValue(["fr-FR", "es-MX", "en"]);
  expect(detect()).toBe("es");
  languages.mockReturnValue(["zh-CN"]);
  expect(detect()).toBe("zh");
  languages.mockReturnValue(["fr"]);
  expect(detect()).toBe("en");
  languages.mockRestore();
  expect(isLanguage("toString")).toBe(false);
});

test("a name that runs the other way does not turn the sentence around it", () => {
  expect(i18next.t("hands.next", { name: "Bob" })).toBe("Next: Bob");
  expect(i18next.t("hands.next", { name: "שרה" })).toBe("Next: \u2068שרה\u2069");
  document.dir = "rtl";
  expect(i18next.t("hands.next", { name: "Bob" })).toBe("Next: \u2068Bob\u2069");
  document.dir = "ltr";
});

test("every code of the protocol has a sentence", () => {
  const codes = Object.keys(CODES);
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !(code in en.codes))).toEqual([]);
});
