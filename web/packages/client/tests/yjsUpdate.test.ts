import fc from "fast-check";
import { expect, test } from "vitest";
import * as Y from "yjs";

import { clocksOf, mappingOf, moved, split, textOf, Unplaceable } from "../src/yjsUpdate";

function written(client: number, write: (text: Y.Text) => void, base?: Uint8Array): Uint8Array {
  const ydoc = new Y.Doc();
  if (base !== undefined) Y.applyUpdate(ydoc, base);
  ydoc.clientID = client;
  const updates: Uint8Array[] = [];
  ydoc.on("update", (update) => updates.push(update));
  write(ydoc.getText("content"));
  return Y.mergeUpdates(updates);
}

function shown(...updates: Uint8Array[]): string {
  const ydoc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(ydoc, update);
  expect(ydoc.store.pendingStructs).toBeNull();
  return ydoc.getText("content").toJSON();
}

const edits = fc.array(fc.tuple(fc.nat(1_000), fc.string({ unit: "binary", maxLength: 40 }), fc.nat(5)), {
  minLength: 1,
  maxLength: 30,
});

function play(plan: readonly [number, string, number][]): (text: Y.Text) => void {
  return (text) => {
    for (const [at, insert, remove] of plan) {
      const place = text.length === 0 ? 0 : at % (text.length + 1);
      text.insert(place, insert);
      text.delete(place, Math.min(remove, text.length - place));
    }
  };
}

test("moved edits show the same text under the other number", () => {
  fc.assert(
    fc.property(edits, edits, (first, second) => {
      const base = written(1, play(first));
      const update = written(2, play(second), base);
      const clocks = clocksOf(update, 2) ?? { from: 0, to: 0 };
      const move = { client: 2, ...clocks, newClient: 3, newFrom: 0 };
      const result = moved(update, mappingOf([move], new Set([2]), () => 0));
      expect(shown(base, result)).toBe(shown(base, update));
      expect(clocksOf(result, 2)).toBeNull();
      expect(clocksOf(result, 3)).toEqual(clocksOf(update, 2));
    }),
    { numRuns: 200 },
  );
});

test("the parts of a split update are together the whole, each of the size", () => {
  fc.assert(
    fc.property(edits, fc.integer({ min: 12, max: 200 }), (plan, bytesMax) => {
      const update = written(1, play(plan));
      const parts = split(update, bytesMax);
      expect(shown(...parts)).toBe(shown(update));
      let clock = 0;
      for (const part of parts) {
        const clocks = clocksOf(part, 1);
        if (clocks === null) continue;
        expect(clocks.from).toBe(clock);
        clock = clocks.to;
      }
    }),
    { numRuns: 200 },
  );
});

test("what refers to text that is gone cannot be placed, deletions of it fall away", () => {
  const first = written(1, (text) => text.insert(0, "gone"));
  const after = written(1, (text) => text.insert(4, "!"), first);
  const nothing = mappingOf([], new Set([1]), () => 0);
  expect(() => moved(after, nothing)).toThrow(Unplaceable);
  const deletion = written(2, (text) => text.delete(0, 4), first);
  expect(shown(moved(deletion, nothing))).toBe("");
  expect(clocksOf(deletion, 2)).toBeNull();
});

test("the text of an update is what it brings and keeps", () => {
  const update = written(1, (text) => {
    text.insert(0, "one three");
    text.insert(4, "two ");
    text.delete(0, 4);
  });
  expect(textOf(update).length).toBe("two three".length);
});
