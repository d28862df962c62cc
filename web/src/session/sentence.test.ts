import i18next from "i18next";
import { afterAll, beforeAll, expect, test } from "vitest";

import { chooseLanguage, startLanguages } from "../i18n";
import { sentenceOf } from "./sentence";

const say = (code: string, message: string) => sentenceOf(i18next, { code, message });

beforeAll(() => startLanguages("en"));
afterAll(() => chooseLanguage("en"));

test("what the server says beyond the code is said in the person's language", async () => {
  await chooseLanguage("en");
  expect(say("exists", "Two options are the same.")).toBe("Two options are the same.");
  expect(say("malformed", "A poll has 2 to 20 options.")).toBe("A poll has 2 to 20 options.");
  await chooseLanguage("de");
  expect(say("malformed", "A poll has 2 to 20 options.")).toBe(
    "Eine Umfrage hat 2 bis 20 Möglichkeiten.",
  );
});

test("the code says it where the page has no words for the reason, the server where neither has", async () => {
  const unheard = "The moon is in the wrong place.";
  await chooseLanguage("en");
  expect(say("malformed", unheard)).toMatch(/could not be understood/u);
  expect(say("token_expired", unheard)).toMatch(/expired/u);
  await chooseLanguage("de");
  expect(say("not_found", unheard)).toBe("Worauf sich das bezieht, ist nicht mehr da.");
  expect(say("never_heard_of", unheard)).toBe(unheard);
  expect(say("not_found", "")).toBe("Worauf sich das bezieht, ist nicht mehr da.");
});
