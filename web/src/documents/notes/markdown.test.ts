/** The page writes Markdown as the server does. */
import { readFileSync } from "node:fs";

import { expect, test } from "vitest";
import * as Y from "yjs";

import { markdownOf, partsOf, type Marks, type Part } from "./markdown";

interface Spec {
  type: string;
  text?: string;
  attrs?: Marks;
  content?: Spec[];
  marks?: { type: string; attrs?: Marks }[];
}

interface Example {
  name: string;
  nodes: Spec[];
  pictures?: Record<string, string>;
  markdown: string;
}

const EXAMPLES = JSON.parse(
  readFileSync("../tests/unit/export/notes_markdown.json", "utf-8"),
) as Example[];

function partOf({ type, text, attrs = {}, content = [], marks = [] }: Spec): Part {
  if (type !== "text") {
    return { tag: type, attributes: attrs, children: content.map(partOf), runs: [] };
  }
  const all = Object.fromEntries(marks.map((mark) => [mark.type, mark.attrs ?? {}]));
  return { tag: "", attributes: {}, children: [], runs: [[text ?? "", all]] };
}

test.each(EXAMPLES.map((example) => [example.name, example] as const))("%s", (_, example) => {
  const pictures = new Map(Object.entries(example.pictures ?? {}));
  expect(markdownOf(example.nodes.map(partOf), pictures)).toBe(example.markdown);
});

test("a shared document is read as it is", () => {
  const fragment = new Y.Doc().getXmlFragment("content");
  const heading = new Y.XmlElement("heading");
  heading.setAttribute("level", 2 as unknown as string);
  const text = new Y.XmlText("Plan now");
  heading.insert(0, [text]);
  fragment.insert(0, [heading]);
  text.format(5, 3, { bold: {} });
  expect(markdownOf(partsOf(fragment))).toBe("## Plan **now**\n");
});
