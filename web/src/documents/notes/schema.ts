/**
 * What shared notes are made of. Names and attributes are read by other programs, too: exports,
 * history, foreign editors (docs/notes.md). None may change its meaning.
 */
import type { Extensions, NodeViewRenderer } from "@tiptap/core";
import { mergeAttributes } from "@tiptap/core";
import { CodeBlock } from "@tiptap/extension-code-block";
import { Highlight } from "@tiptap/extension-highlight";
import { Link } from "@tiptap/extension-link";
import { TaskItem, TaskList } from "@tiptap/extension-list";
import { TableCell, TableHeader, TableRow } from "@tiptap/extension-table";
import { StarterKit } from "@tiptap/starter-kit";

import { isAllowedAddress } from "./address";
import { NoteImage } from "./image";
import { isFromOthers, withAppend } from "./own";
import { NoteTable } from "./tables";

/** Each block runs as it is written. */
const OWN_WAY = { HTMLAttributes: { dir: "auto" } };

const Code = CodeBlock.extend({
  renderHTML({ node, HTMLAttributes }) {
    const language = String(node.attrs["language"] ?? "").slice(0, 40);
    return [
      "pre",
      mergeAttributes(this.options.HTMLAttributes, HTMLAttributes, {
        "data-language": language === "" ? null : language,
      }),
      ["code", { class: language === "" ? null : `language-${language}` }, 0],
    ];
  },
});

/** Addresses become links where they are typed, not in every page that sees them come. */
const NoteLink = Link.extend({
  addProseMirrorPlugins() {
    return (this.parent?.() ?? []).map((plugin) =>
      withAppend(plugin, (append, transactions, before, after) =>
        transactions.some(isFromOthers) ? null : append(transactions, before, after),
      ),
    );
  },
});

export interface SchemaOptions {
  /** What a reader of the screen hears for the box of a task. */
  taskLabel: (text: string) => string;
  /** Whether this page mends a table that two people changed at once. */
  mendsTables: () => boolean;
  /** How a picture is drawn; without, it is but a frame. */
  imageView?: NodeViewRenderer;
}

export function noteExtensions(options: SchemaOptions): Extensions {
  const { taskLabel, mendsTables, imageView = null } = options;
  return [
    StarterKit.configure({
      undoRedo: false, // the undo manager of the shared document undoes only one's own
      trailingNode: false, // every page would add one of its own
      heading: { levels: [1, 2, 3], ...OWN_WAY },
      paragraph: OWN_WAY,
      bulletList: OWN_WAY,
      orderedList: OWN_WAY,
      blockquote: OWN_WAY,
      codeBlock: false,
      link: false,
    }),
    NoteLink.configure({
      defaultProtocol: "https",
      openOnClick: false, // the bar below the text opens it
      isAllowedUri: (address) => isAllowedAddress(address ?? ""),
      HTMLAttributes: { rel: "noopener noreferrer nofollow" },
    }),
    Code.configure({ HTMLAttributes: { dir: "ltr" } }),
    Highlight,
    TaskList.configure(OWN_WAY),
    TaskItem.configure({
      nested: true,
      a11y: { checkboxLabel: (node) => taskLabel(node.firstChild?.textContent ?? "") },
    }),
    NoteTable.configure({ ...OWN_WAY, mends: mendsTables }),
    TableRow,
    TableHeader,
    TableCell,
    NoteImage.configure({ view: imageView }),
  ];
}
