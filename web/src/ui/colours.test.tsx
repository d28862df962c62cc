import type { RosterPerson } from "@folkmoot/client";
import { expect, test } from "vitest";

import { withColours } from "./colours";

function person(id: string, colour: number | null): RosterPerson {
  const at = { role: "participant", joinedMs: 0, awayMs: 0 } as const;
  return { id, name: id, ...at, present: true, devices: 1, self: false, colour };
}

test("who has left keeps the colour that was told, and nothing new is the same map", () => {
  const both = withColours(new Map(), { persons: [person("a", 3), person("b", null)] });
  expect([...both]).toEqual([["a", 3]]);
  const later = withColours(both, { persons: [person("b", 5)] });
  expect([...later]).toEqual([["a", 3], ["b", 5]]);
  expect(withColours(later, { persons: [person("a", 3)] })).toBe(later);
});
