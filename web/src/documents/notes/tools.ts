/** What can be done to the text, each with its sign, its keys and whether it is on. */
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconBlockquote,
  IconBold,
  IconCode,
  IconColumnInsertLeft,
  IconColumnInsertRight,
  IconColumnRemove,
  IconH1,
  IconH2,
  IconH3,
  IconHighlight,
  IconItalic,
  IconLetterT,
  IconList,
  IconListCheck,
  IconListNumbers,
  IconRowInsertBottom,
  IconRowInsertTop,
  IconRowRemove,
  IconSeparatorHorizontal,
  IconSourceCode,
  IconStrikethrough,
  IconTable,
  IconTableColumn,
  IconTableRow,
  IconTrash,
  IconUnderline,
} from "@tabler/icons-react";
import type { ChainedCommands, Editor } from "@tiptap/react";
import type { ComponentType } from "react";

export type IconType = ComponentType<{ size?: number; stroke?: number; "aria-hidden"?: "true" }>;

export type ToolName =
  | "undo" | "redo"
  | "text" | "heading1" | "heading2" | "heading3"
  | "bold" | "italic" | "underline" | "strike" | "highlight" | "code"
  | "bullets" | "numbers" | "tasks" | "quote" | "codeBlock" | "table" | "rule"
  | "rowAbove" | "rowBelow" | "columnBefore" | "columnAfter" | "removeRow" | "removeColumn"
  | "headerRow" | "headerColumn" | "removeTable";

export interface Tool {
  name: ToolName;
  Icon: IconType;
  keys?: string;
  run: (chain: ChainedCommands) => ChainedCommands;
  /** Missing for what is done once and is not on or off. */
  active?: (editor: Editor) => boolean;
  possible?: (editor: Editor) => boolean;
}

const TABLE = { rows: 3, cols: 3, withHeaderRow: true };

const ALL: readonly Tool[] = [
  {
    name: "undo",
    Icon: IconArrowBackUp,
    keys: "Mod-Z",
    run: (chain) => chain.undo(),
    possible: (editor) => editor.can().undo(),
  },
  {
    name: "redo",
    Icon: IconArrowForwardUp,
    keys: "Mod-Shift-Z",
    run: (chain) => chain.redo(),
    possible: (editor) => editor.can().redo(),
  },
  {
    name: "text",
    Icon: IconLetterT,
    keys: "Mod-Alt-0",
    run: (chain) => chain.setParagraph(),
    active: (editor) => editor.isActive("paragraph"),
  },
  heading(1, "heading1", IconH1),
  heading(2, "heading2", IconH2),
  heading(3, "heading3", IconH3),
  mark("bold", "bold", IconBold, "Mod-B", (chain) => chain.toggleBold()),
  mark("italic", "italic", IconItalic, "Mod-I", (chain) => chain.toggleItalic()),
  mark("underline", "underline", IconUnderline, "Mod-U", (chain) => chain.toggleUnderline()),
  mark("strike", "strike", IconStrikethrough, "Mod-Shift-S", (chain) => chain.toggleStrike()),
  mark("highlight", "highlight", IconHighlight, "Mod-Shift-H", (c) => c.toggleHighlight()),
  mark("code", "code", IconCode, "Mod-E", (chain) => chain.toggleCode()),
  mark("bullets", "bulletList", IconList, "Mod-Shift-8", (chain) => chain.toggleBulletList()),
  mark("numbers", "orderedList", IconListNumbers, "Mod-Shift-7", (c) => c.toggleOrderedList()),
  mark("tasks", "taskList", IconListCheck, "Mod-Shift-9", (chain) => chain.toggleTaskList()),
  mark("quote", "blockquote", IconBlockquote, "Mod-Shift-B", (chain) => chain.toggleBlockquote()),
  mark("codeBlock", "codeBlock", IconSourceCode, "Mod-Alt-C", (chain) => chain.toggleCodeBlock()),
  once("table", IconTable, (chain) => chain.insertTable(TABLE)),
  once("rule", IconSeparatorHorizontal, (chain) => chain.setHorizontalRule()),
  once("rowAbove", IconRowInsertTop, (chain) => chain.addRowBefore(), "Alt-Shift-ArrowUp"),
  once("rowBelow", IconRowInsertBottom, (chain) => chain.addRowAfter(), "Alt-Shift-ArrowDown"),
  once("columnBefore", IconColumnInsertLeft, (c) => c.addColumnBefore(), "Alt-Shift-ArrowLeft"),
  once("columnAfter", IconColumnInsertRight, (c) => c.addColumnAfter(), "Alt-Shift-ArrowRight"),
  once("removeRow", IconRowRemove, (chain) => chain.deleteRow(), "Alt-Shift-Backspace"),
  once("removeColumn", IconColumnRemove, (chain) => chain.deleteColumn(), "Alt-Shift-Delete"),
  once("headerRow", IconTableRow, (chain) => chain.toggleHeaderRow()),
  once("headerColumn", IconTableColumn, (chain) => chain.toggleHeaderColumn()),
  once("removeTable", IconTrash, (chain) => chain.deleteTable()),
];

function heading(level: 1 | 2 | 3, name: ToolName, Icon: IconType): Tool {
  return {
    name,
    Icon,
    keys: `Mod-Alt-${level}`,
    run: (chain) => chain.toggleHeading({ level }),
    active: (editor) => editor.isActive("heading", { level }),
  };
}

function mark(name: ToolName, node: string, Icon: IconType, keys: string, run: Tool["run"]): Tool {
  return { name, Icon, keys, run, active: (editor) => editor.isActive(node) };
}

function once(name: ToolName, Icon: IconType, run: Tool["run"], keys?: string): Tool {
  return keys === undefined ? { name, Icon, run } : { name, Icon, run, keys };
}

export const TOOLS = Object.fromEntries(ALL.map((tool) => [tool.name, tool])) as Record<
  ToolName,
  Tool
>;

export const HEADINGS = ["heading1", "heading2", "heading3"] as const;
export const MARKS = ["bold", "italic", "underline", "strike", "highlight", "code"] as const;
export const LISTS = ["bullets", "numbers", "tasks"] as const;
export const INSERTED = ["table", "codeBlock", "quote", "rule"] as const;
export const TABLE_TOOLS = [
  "rowAbove", "rowBelow", "removeRow",
  "columnBefore", "columnAfter", "removeColumn",
  "headerRow", "headerColumn", "removeTable",
] as const;

/** Which are on or can be done; only of those that a bar shows all the time. */
export function statesOf(editor: Editor): Record<string, { active: boolean; possible: boolean }> {
  return Object.fromEntries(
    ALL.filter(({ active, possible }) => active || possible).map((tool) => [
      tool.name,
      { active: tool.active?.(editor) ?? false, possible: tool.possible?.(editor) ?? true },
    ]),
  );
}
