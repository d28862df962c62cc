/** Tables that two people change at once are mended by one page, and come to rest. */
import { Editor } from "@tiptap/core";
import { Awareness } from "y-protocols/awareness";
import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";

import { bound } from "./opened";
import { noteExtensions } from "./schema";
import { mendsFor } from "./tables";

const editors: Editor[] = [];

afterEach(() => {
  for (const editor of editors.splice(0)) editor.destroy();
});

function page(ydoc: Y.Doc, mends: boolean): Editor {
  const editor = new Editor({
    element: document.createElement("div"),
    extensions: [
      ...noteExtensions({ taskLabel: () => "", mendsTables: () => mends }),
      bound(ydoc.getXmlFragment("content")),
    ],
  });
  editors.push(editor);
  return editor;
}

/** Brings two documents to the same state, as often as they still answer each other. */
function settle(one: Y.Doc, other: Y.Doc): number {
  for (let turn = 0; turn < 20; turn += 1) {
    const toOne = Y.encodeStateAsUpdate(other, Y.encodeStateVector(one));
    const toOther = Y.encodeStateAsUpdate(one, Y.encodeStateVector(other));
    Y.applyUpdate(one, toOne);
    Y.applyUpdate(other, toOther);
    const [a, b] = [one, other].map((doc) => Y.encodeStateVector(doc).join());
    if (a === b) return turn;
  }
  return Infinity;
}

function widths(editor: Editor): number[] {
  const found: number[] = [];
  editor.state.doc.descendants((node) => {
    if (node.type.name === "tableRow") found.push(node.childCount);
  });
  return found;
}

test("a row and a column added at once leave an even table, and nobody goes on mending", async () => {
  const [first, second] = [new Y.Doc(), new Y.Doc()];
  const one = page(first, true);
  one.commands.insertTable({ rows: 2, cols: 2, withHeaderRow: true });
  settle(first, second);
  const other = page(second, false);
  one.commands.setTextSelection(4);
  other.commands.setTextSelection(4);
  one.commands.addRowAfter();
  other.commands.addColumnAfter();
  expect(settle(first, second)).toBeLessThan(5);
  await Promise.resolve(); // who mends does so once the change is in
  expect(settle(first, second)).toBeLessThan(5);
  expect(widths(one)).toEqual([3, 3, 3]);
  expect(widths(other)).toEqual([3, 3, 3]);
});

test("the page with the lowest number of those that write mends", () => {
  const awareness = new Awareness(new Y.Doc());
  awareness.clientID = 7;
  awareness.setLocalState({ user: { name: "Ada" } });
  expect(mendsFor(awareness)).toBe(true);
  awareness.states.set(3, { user: { name: "Bob" }, reads: true });
  expect(mendsFor(awareness)).toBe(true);
  awareness.states.set(4, { user: { name: "Cy" } });
  expect(mendsFor(awareness)).toBe(false);
  awareness.destroy();
});
