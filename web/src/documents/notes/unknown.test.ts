/** What this page does not know survives being shown and edited by it. */
import { RICH_FIELD } from "@folkmoot/client";
import { Editor, getSchema } from "@tiptap/core";
import { ySyncPluginKey } from "@tiptap/y-tiptap";
import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";

import { bound } from "./opened";
import { noteExtensions } from "./schema";
import { standIns, UnknownWatch } from "./unknown";

const PLAIN = { taskLabel: () => "", mendsTables: () => false };
const editors: Editor[] = [];

afterEach(() => {
  for (const editor of editors.splice(0)) editor.destroy();
});

function element(name: string, attributes: Record<string, string>, ...parts: (Y.XmlElement | Y.XmlText)[]) {
  const made = new Y.XmlElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.insert(0, parts);
  return made;
}

function shared() {
  const ydoc = new Y.Doc();
  const fragment = ydoc.getXmlFragment(RICH_FIELD);
  const watch = new UnknownWatch(fragment, getSchema(noteExtensions(PLAIN)));
  return { ydoc, fragment, watch };
}

function page({ fragment, watch }: ReturnType<typeof shared>): Editor {
  const editor = new Editor({
    element: document.createElement("div"),
    extensions: [
      ...noteExtensions(PLAIN),
      ...standIns(watch.found, "?"),
      bound(fragment),
    ],
  });
  editors.push(editor);
  watch.bound(() => {
    const { binding } = ySyncPluginKey.getState(editor.state) as { binding: { mux: unknown } };
    binding.mux = () => undefined;
  });
  return editor;
}

/** Lets somebody else's change come in, as from another page. */
function fromElsewhere(ydoc: Y.Doc, change: (fragment: Y.XmlFragment) => void): void {
  const other = new Y.Doc();
  Y.applyUpdate(other, Y.encodeStateAsUpdate(ydoc));
  const before = Y.encodeStateVector(other);
  change(other.getXmlFragment(RICH_FIELD));
  Y.applyUpdate(ydoc, Y.encodeStateAsUpdate(other, before), "elsewhere");
}

const foreign = () => [
  element("paragraph", { mood: "calm" }, new Y.XmlText("hello")),
  element("callout", { tone: "warm" }, element("paragraph", {}, new Y.XmlText("inside"))),
  element("chart", { data: "1,2" }),
];

test("blocks, marks and attributes of another program stay when this page edits beside them", () => {
  const room = shared();
  fromElsewhere(room.ydoc, (fragment) => {
    fragment.insert(0, foreign());
    const text = (fragment.get(0) as Y.XmlElement).get(0) as Y.XmlText;
    text.format(0, 2, { comment: { id: "c1" } });
  });
  const before = room.fragment.toString();
  const editor = page(room);
  expect(room.fragment.toString()).toBe(before);
  editor.commands.insertContentAt(editor.state.doc.content.size, { type: "paragraph" });
  editor.commands.insertContentAt(4, "y");
  const after = room.fragment.toString();
  for (const part of ['mood="calm"', '<callout tone="warm">', "<chart data=", "comment"]) {
    expect(after).toContain(part);
  }
  expect(after).toContain("lo</paragraph>");
});

test("what comes while the page is open is not deleted by it, and shown by a new editor", () => {
  const room = shared();
  const editor = page(room);
  editor.commands.insertContent("own words");
  expect(room.watch.getSnapshot()).toBe(0);
  fromElsewhere(room.ydoc, (fragment) => fragment.insert(1, foreign()));
  expect(room.watch.getSnapshot()).toBe(1);
  // The old editor is deaf and dumb now: nothing that happens in it reaches the document.
  editor.commands.insertContent("lost");
  expect(room.fragment.toString()).toContain("<chart");
  expect(room.fragment.toString()).not.toContain("lost");
  const next = page(room);
  expect(next.getText()).toContain("own words");
  expect(next.getText()).toContain("inside");
  next.commands.insertContentAt(1, "more ");
  expect(room.fragment.toString()).toContain("<callout tone=\"warm\">");
});

test("a known change makes no new editor", () => {
  const room = shared();
  page(room);
  fromElsewhere(room.ydoc, (fragment) =>
    fragment.insert(0, [element("heading", { level: "2" }, new Y.XmlText("Plan"))]));
  expect(room.watch.getSnapshot()).toBe(0);
});

test.each([
  ["text at the top", () => [new Y.XmlText("bare")]],
  ["a stranger in a list", () => [element("bulletList", {}, element("fancyItem", {}))]],
  ["text beside blocks", () => [element("mix", {}, new Y.XmlText("a"), element("paragraph", {}))]],
  ["a name that is no name", () => [element("a b|c", {})]],
])("what no stand-in can hold is not shown at all: %s", (_, parts) => {
  const room = shared();
  fromElsewhere(room.ydoc, (fragment) => fragment.insert(0, parts()));
  expect(room.watch.found.unplaceable).toBe(true);
});
