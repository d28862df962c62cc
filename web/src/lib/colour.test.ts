import { PERSON_COLOURS } from "@folkmoot/client";
import { expect, test } from "vitest";

import { colourOf } from "./colour";

function luminance(hex: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = parts.map((part) =>
    part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const told = Array.from({ length: PERSON_COLOURS }, (_, at) => colourOf("any", at + 1));

test("every colour that the log gives looks like no other", () => {
  expect(new Set(told).size).toBe(PERSON_COLOURS);
});

test("white text can be read on each of them", () => {
  for (const colour of told) expect(1.05 / (luminance(colour) + 0.05)).toBeGreaterThanOrEqual(4.5);
});

/** The reducers have the same table: tests/unit/apps/test_colours.py. */
test.each([["ada", 4], ["bob", 5], ["k3jq7r2mw5x4n6p7z2a3b4c5d6", 6], ["", 2]])(
  "%s has the colour that the log gives first, where none was told",
  (person, colour) => expect(colourOf(person)).toBe(colourOf("any", colour)),
);
