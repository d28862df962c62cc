import { NO_STAGE } from "@folkmoot/client";
import { expect, test } from "vitest";

import { FIRST_SIGHT, inSight, type Sight, sightAfter } from "./follow";
import { freeTitle, itemsOf, keyOf, newDocumentId, shownOf } from "./model";

const KEYS = ["notes", "pad", "deck_3_0"];

function after(...changes: Parameters<typeof sightAfter>[1][]): Sight {
  return changes.reduce(sightAfter, FIRST_SIGHT);
}

test("everyone sees the first thing until something is chosen or shown", () => {
  expect(inSight(FIRST_SIGHT, null, KEYS)).toBe("notes");
  expect(inSight(FIRST_SIGHT, null, [])).toBe("");
  expect(inSight(FIRST_SIGHT, "pad", KEYS)).toBe("pad");
});

test("who chooses something else wanders until they go back", () => {
  const wandering = after(
    { type: "shown", shown: "pad" },
    { type: "choose", key: "notes", shown: "pad" },
  );
  expect(wandering.wandering).toBe(true);
  expect(inSight(wandering, "pad", KEYS)).toBe("notes");
  const back = sightAfter(wandering, { type: "return", shown: "pad" });
  expect(inSight(back, "pad", KEYS)).toBe("pad");
  expect(inSight(sightAfter(back, { type: "shown", shown: null }), null, KEYS)).toBe("pad");
  const chosen = sightAfter(wandering, { type: "choose", key: "pad", shown: "pad" });
  expect(chosen.wandering).toBe(false);
});

test("who wanders is not carried off when something else is shown, but follows the next time", () => {
  const wandering = after(
    { type: "shown", shown: "pad" },
    { type: "choose", key: "notes", shown: "pad" },
    { type: "shown", shown: "deck_3_0" },
  );
  expect(inSight(wandering, "deck_3_0", KEYS)).toBe("notes");
  const caught = sightAfter(wandering, { type: "shown", shown: "notes" });
  expect(caught.wandering).toBe(false);
  const ended = sightAfter(wandering, { type: "shown", shown: null });
  expect(inSight(ended, null, KEYS)).toBe("notes");
  expect(inSight(sightAfter(ended, { type: "shown", shown: "pad" }), "pad", KEYS)).toBe("pad");
});

test("who followed stays where they are when showing ends", () => {
  const ended = after({ type: "shown", shown: "pad" }, { type: "shown", shown: null });
  expect(inSight(ended, null, KEYS)).toBe("pad");
});

test("what was chosen and is removed gives way to what is shown, or the first", () => {
  const chosen = after({ type: "choose", key: "pad", shown: null });
  expect(inSight(chosen, null, ["notes"])).toBe("notes");
  const wandering = after({ type: "choose", key: "deck_3_0", shown: "pad" });
  expect(inSight(wandering, "pad", ["notes", "pad"])).toBe("pad");
});

test("documents come before decks, and what the page does not know is left out", () => {
  const documents = {
    documents: [
      { id: "notes", kind: "rich", title: "Notes" },
      { id: "odd", kind: "hologram", title: "?" },
    ],
  } as unknown as Parameters<typeof itemsOf>[0];
  const items = itemsOf(documents, [{ id: "3.0", title: "Talk", person: "p1" }], new Set(["rich", "deck"]));
  expect(items.map(({ key }) => key)).toEqual(["notes", "deck_3_0"]);
  const stage = { ...NO_STAGE, kind: "deck", id: "3.0", by: "p1" };
  expect(shownOf(stage, items)?.title).toBe("Talk");
  expect(shownOf({ ...stage, id: "4.0" }, items)).toBeNull();
  expect(shownOf(NO_STAGE, items)).toBeNull();
});

test("new documents have a title and an id of their own", () => {
  const items = ["Notes", "Notes 2"].map((title) => ({ kind: "rich", id: title, title, by: "", key: title }));
  expect(freeTitle("Notes", items)).toBe("Notes 3");
  expect(freeTitle("Pad", items)).toBe("Pad");
  expect(newDocumentId((bytes) => bytes.fill(255))).toBe("d-ffffffffffffffff");
  expect(keyOf("rich", "deck-1")).not.toBe(keyOf("deck", "1"));
});
