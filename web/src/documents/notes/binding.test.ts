/** Whatever people do at once, every page shows what the document holds, and the same. */
import { Editor, getSchema } from "@tiptap/core";
import { initProseMirrorDoc } from "@tiptap/y-tiptap";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";

import { rangeOf } from "./binding";
import { bound } from "./opened";
import { noteExtensions } from "./schema";

const OPTIONS = { taskLabel: () => "", mendsTables: () => false };
const editors: Editor[] = [];

afterEach(() => {
  for (const editor of editors.splice(0)) editor.destroy();
});

function page(ydoc: Y.Doc): Editor {
  const editor = new Editor({
    element: document.createElement("div"),
    extensions: [...noteExtensions(OPTIONS), bound(ydoc.getXmlFragment("content"))],
  });
  editors.push(editor);
  return editor;
}

function exchange(docs: readonly Y.Doc[]): void {
  const updates = docs.map((doc) => Y.encodeStateAsUpdate(doc));
  for (const doc of docs) for (const update of updates) Y.applyUpdate(doc, update, "others");
}

/** The document as a page that opens it now would show it. */
function opened(ydoc: Y.Doc): unknown {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(ydoc));
  const made = initProseMirrorDoc(copy.getXmlFragment("content"), getSchema(noteExtensions(OPTIONS)));
  const { content = [] } = made.doc.toJSON() as { content?: unknown[] };
  return content;
}

function shown(editor: Editor): unknown {
  return editor.getJSON().content;
}

type Act = { who: number; at: number; what: string; sync: boolean };

function perform(editor: Editor, { at, what }: Act): void {
  const { size } = editor.state.doc.content;
  const position = Math.min(Math.floor((at / 1000) * size), size);
  editor.commands.setTextSelection({ from: position, to: Math.min(position + (at % 4), size) });
  const chain = editor.commands;
  if (what === "type") chain.insertContent("word ");
  else if (what === "erase") chain.deleteSelection();
  else if (what === "split") chain.splitBlock();
  else if (what === "join") chain.joinBackward();
  else if (what === "bold") chain.toggleBold();
  else if (what === "heading") chain.toggleHeading({ level: 2 });
  else if (what === "list") chain.toggleBulletList();
  else if (what === "tasks") chain.toggleTaskList();
  else if (what === "quote") chain.toggleBlockquote();
  else if (what === "rule") chain.setHorizontalRule();
  else if (what === "undo") chain.undo();
  else chain.insertContent({ type: "paragraph", content: [{ type: "text", text: "new" }] });
}

/** A selection across a list cannot be split: then the editor says so and does nothing. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error) || error.constructor.name !== "TransformError") throw error;
  }
}

const WHAT = [
  "type", "type", "type", "erase", "split", "join", "bold", "heading", "list", "tasks", "quote",
  "rule", "undo", "block",
];
const act = fc.record({
  who: fc.nat(2),
  at: fc.nat(999),
  what: fc.constantFrom(...WHAT),
  sync: fc.boolean(),
});

test("three people write at once in every way, and all pages end as the document is", () => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 5, maxLength: 25 }), (acts) => {
      const docs = [new Y.Doc(), new Y.Doc(), new Y.Doc()];
      const pages = docs.map(page);
      for (const one of acts) {
        const editor = pages[one.who];
        if (editor) attempt(() => perform(editor, one));
        if (one.sync) exchange(docs);
      }
      // What the schema cannot hold is deleted by a page when it sees it: once more for that.
      for (let turn = 0; turn < 4; turn += 1) exchange(docs);
      const [first, second, third] = pages.map(shown);
      expect(second).toEqual(first);
      expect(third).toEqual(first);
      const held = docs[0] ? opened(docs[0]) : [];
      const empty = (held as unknown[]).length === 0;
      expect(first).toEqual(empty ? [{ type: "paragraph" }] : held);
      for (const editor of editors.splice(0)) editor.destroy();
    }),
    { numRuns: 30 },
  );
});

test("blocks that did not change stay the same nodes, and the caret stays in its words", () => {
  const docs = [new Y.Doc(), new Y.Doc()] as const;
  const [one, other] = [page(docs[0]), page(docs[1])];
  one.commands.setContent("<p>first</p><p>second</p><p>third</p>");
  exchange(docs);
  const before = other.state.doc;
  other.commands.setTextSelection(11); // in the middle of "second"
  one.commands.insertContentAt(1, "very ");
  exchange(docs);
  expect(other.getText()).toBe("very first\n\nsecond\n\nthird");
  expect(other.state.doc.child(1)).toBe(before.child(1));
  expect(other.state.doc.child(2)).toBe(before.child(2));
  const around = () => {
    const { from } = other.state.selection;
    return other.state.doc.textBetween(from - 2, from, "|") + "^" +
      other.state.doc.textBetween(from, from + 2, "|");
  };
  expect(around()).toBe("ec^on");
  one.commands.insertContentAt(13, "S");
  exchange(docs);
  expect(around()).toBe("ec^on");
});

test("the blocks that differ are found between those that are the same", () => {
  const schema = getSchema(noteExtensions(OPTIONS));
  const p = (text: string) => schema.node("paragraph", null, [schema.text(text)]);
  const [a, b, c] = [p("a"), p("b"), p("c")];
  const doc = schema.node("doc", null, [a, b, c]);
  expect(rangeOf(doc, [a, b, c])).toBeNull();
  expect(rangeOf(doc, [a, p("b"), c])).toEqual({ from: 1, to: 2, toNew: 2 });
  expect(rangeOf(doc, [a, c])).toEqual({ from: 1, to: 2, toNew: 1 });
  expect(rangeOf(doc, [a, b, b, c])).toEqual({ from: 2, to: 2, toNew: 3 });
  expect(rangeOf(doc, [])).toEqual({ from: 0, to: 3, toNew: 0 });
});
