import { expect, test } from "vitest";

import { giveBack, type HistoryApi, pastOf } from "./past";

interface Shape {
  id: string;
  isDeleted: boolean;
}

/** A canvas as far as its history goes. */
function canvas(elements: Shape[], undo: string[] = [], redo: string[] = []) {
  const step = (id: string) => ({ elementsChange: { removed: new Map([[id, {}]]) } });
  const told: { isUndoStackEmpty: boolean; isRedoStackEmpty: boolean }[] = [];
  const stacks = {
    undoStack: undo.map(step),
    redoStack: redo.map(step),
    onHistoryChangedEmitter: { trigger: (state: (typeof told)[number]) => void told.push(state) },
  };
  const scene = { elements };
  const api = {
    getSceneElementsIncludingDeleted: () => scene.elements,
    updateScene: (next: { elements: Shape[] }) => {
      scene.elements = next.elements;
    },
    history: { clear: () => undefined, stacks: () => stacks },
  };
  return { api: api as unknown as HistoryApi, stacks, scene, told };
}

const shape = (id: string, isDeleted = false): Shape => ({ id, isDeleted });

test("what can be undone and redone goes on where the page is opened again", () => {
  const first = canvas([shape("a"), shape("b", true)], ["a", "b"], ["c"]);
  const past = pastOf(first.api);
  const next = canvas([]);
  if (past !== undefined) giveBack(next.api, past, (id) => id === "a");
  expect(next.stacks.undoStack).toEqual(first.stacks.undoStack);
  expect(next.stacks.redoStack).toEqual(first.stacks.redoStack);
  expect(next.told).toEqual([{ isUndoStackEmpty: false, isRedoStackEmpty: false }]);
  // What was deleted is there again, deleted, so that undoing finds it.
  expect(next.scene.elements).toEqual([shape("b", true)]);
});

test("an element that somebody brought back meanwhile is not deleted anew", () => {
  const first = canvas([shape("a", true), shape("b", true)], ["a", "b"]);
  const past = pastOf(first.api);
  const next = canvas([]);
  if (past !== undefined) giveBack(next.api, past, (id) => id === "b");
  expect(next.scene.elements).toEqual([shape("a", true)]);
});

test("deleted elements that no step names, and steps beyond the bound, are not kept", () => {
  const steps = Array.from({ length: 150 }, (_, n) => `e${n}`);
  const past = pastOf(canvas([shape("odd", true), shape("e0", true), shape("e149", true)], steps).api);
  expect(past?.undo).toHaveLength(100);
  expect(past?.gone).toEqual([shape("e149", true)]);
});

test("nothing is kept of a page on which nothing was done", () => {
  expect(pastOf(canvas([shape("a")]).api)).toBeUndefined();
});
