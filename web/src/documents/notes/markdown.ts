/**
 * The notes as Markdown, for the clipboard. Pure but for reading Yjs.
 *
 * A twin of the server's (`src/folkmoot/servers/export/rich_markdown.py`): both are held to the
 * same examples, `tests/unit/export/notes_markdown.json`.
 */
import * as Y from "yjs";

export type Marks = Readonly<Record<string, unknown>>;

/** A part of a text. Shape: an element has a tag, a text has runs and the tag "". */
export interface Part {
  readonly tag: string;
  readonly attributes: Marks;
  readonly children: readonly Part[];
  readonly runs: readonly (readonly [string, Marks])[];
}

const NESTING_MAX = 64;
const COLUMNS_MAX = 100;
const WHOLE_MAX = 999_999;
const SPECIAL = /[\\`*_[\]<>~|&]/gu;
const LINE_START = /^(\s*)([#+=-]|\d{1,9}(?=[.)]))/u;
const LINKED = /^(?:https?:\/\/|mailto:)[^\s<>]+$/iu;
const BARE_PIPE = /(?<!\\)((?:\\\\)*)\|/gu;
const LANGUAGE = /^[\w+#.-]{1,40}$/u;
const MARKS = [
  ["strike", "~~", "~~"],
  ["italic", "*", "*"],
  ["bold", "**", "**"],
  ["underline", "<u>", "</u>"],
  ["highlight", "<mark>", "</mark>"],
] as const;
const LISTS = new Set(["bulletList", "orderedList", "taskList"]);
const ALIGNED: Record<string, string> = { left: ":---", center: ":---:", right: "---:" };

export function partsOf(holder: Y.XmlFragment | Y.XmlElement, level = 0): Part[] {
  if (level > NESTING_MAX) return [];
  return holder.toArray().flatMap((child): Part[] => {
    if (child instanceof Y.XmlText) {
      const delta = child.toDelta() as { insert: unknown; attributes?: Marks }[];
      const runs = delta.flatMap(({ insert, attributes = {} }): [string, Marks][] =>
        typeof insert === "string" ? [[insert, attributes]] : [],
      );
      return [{ tag: "", attributes: {}, children: [], runs }];
    }
    if (!(child instanceof Y.XmlElement)) return [];
    const attributes: Marks = child.getAttributes();
    return [{ tag: child.nodeName, attributes, children: partsOf(child, level + 1), runs: [] }];
  });
}

export function escapedInline(text: string): string {
  return text.replace(SPECIAL, "\\$&");
}

function escapedStart(line: string): string {
  return line.replace(LINE_START, (_, space: string, sign: string) =>
    /\d/u.test(sign) ? `${space}${sign}\\` : `${space}\\${sign}`,
  );
}

function broken(lines: readonly string[]): string[] {
  return lines.map((line, at) => (line !== "" && lines[at + 1] ? `${line}\\` : line));
}

function whole(value: unknown, otherwise: number): number {
  const number = value === "" || value === null || value === undefined ? NaN : Number(value);
  return Number.isFinite(number) ? Math.min(Math.trunc(number), WHOLE_MAX) : otherwise;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function fence(text: string, least: number): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/gu)].map(([run]) => run.length));
  return "`".repeat(Math.max(least, longest + 1));
}

/** Marks do not hold when they begin or end with a space, so spaces stay outside. */
function run(text: string, marks: Marks): string {
  const inner = text.trim();
  if (inner === "") return text;
  const before = text.slice(0, text.length - text.trimStart().length);
  const after = text.slice(text.trimEnd().length);
  let shown: string;
  if ("code" in marks) {
    const sign = fence(inner, 1);
    const padded = inner.startsWith("`") || inner.endsWith("`") ? ` ${inner} ` : inner;
    shown = sign + padded.replaceAll("\n", " ") + sign;
  } else {
    shown = escapedInline(inner);
    for (const [mark, opening, closing] of MARKS) {
      if (mark in marks) shown = opening + shown + closing;
    }
  }
  const { link } = marks;
  const address = typeof link === "object" && link !== null ? textOf((link as Marks)["href"]) : "";
  if (LINKED.test(address)) shown = `[${shown}](<${address}>)`;
  return before + shown + after;
}

function inline(children: readonly Part[]): string {
  return children
    .map(({ tag, runs }) =>
      (tag === "hardBreak" ? "\n" : "") + runs.map(([text, marks]) => run(text, marks)).join(""),
    )
    .join("");
}

function codeBlock(part: Part): string[] {
  const text = part.children.flatMap(({ runs }) => runs.map(([run]) => run)).join("");
  const language = textOf(part.attributes["language"]);
  const sign = fence(text, 3);
  return [sign + (LANGUAGE.test(language) ? language : ""), ...text.split("\n"), sign];
}

class Writer {
  constructor(private readonly pictures: ReadonlyMap<string, string>) {}

  blocks(parts: readonly Part[], level: number, tight = false): string[] {
    const lines: string[] = [];
    for (const part of parts) {
      const block = this.block(part, level);
      if (!block.some((line) => line !== "")) continue;
      if (lines.length > 0 && !(tight && part.tag !== "table")) lines.push("");
      lines.push(...block);
    }
    return lines;
  }

  private block(part: Part, level: number): string[] {
    const { tag, children, attributes } = part;
    if (level > NESTING_MAX) return [];
    if (tag === "heading") {
      const marks = "#".repeat(Math.min(Math.max(whole(attributes["level"], 1), 1), 6));
      return [`${marks} ${inline(children).replaceAll("\n", " ")}`];
    }
    if (LISTS.has(tag)) return this.list(part, level);
    if (tag === "blockquote") {
      return this.blocks(children, level + 1).map((line) => `> ${line}`.trimEnd());
    }
    if (tag === "codeBlock") return codeBlock(part);
    if (tag === "table") return this.table(part, level);
    if (tag === "image") return [this.image(part)];
    if (tag === "horizontalRule") return ["---"];
    if (tag === "" || tag === "paragraph" || tag === "hardBreak") {
      const lines = inline(tag === "paragraph" ? children : [part]).split("\n");
      return broken(lines.map(escapedStart));
    }
    return this.blocks(children, level + 1);
  }

  private list({ tag, attributes, children }: Part, level: number): string[] {
    const first = whole(attributes["start"], 1);
    return children.flatMap((item, at) => {
      const mark = tag === "orderedList" ? `${first + at}. ` : "- ";
      const [start = "", ...rest] = this.blocks(item.children, level + 1, true);
      const done = item.attributes["checked"] === true || item.attributes["checked"] === "true";
      const box = tag === "taskList" ? `[${done ? "x" : " "}] ` : "";
      const indented = rest.map((line) => (line === "" ? "" : " ".repeat(mark.length) + line));
      return [(mark + box + start).trimEnd(), ...indented];
    });
  }

  private image({ attributes }: Part): string {
    const words = escapedInline(textOf(attributes["alt"]).replace(/\s+/gu, " ").trim());
    const path = this.pictures.get(textOf(attributes["file"]));
    return path === undefined ? `\\[${words || "Picture"}\\]` : `![${words}](<${path}>)`;
  }

  /** A line for each row: what spans several cells stands in the first. */
  private table({ children: rows }: Part, level: number): string[] {
    const taken = new Set<string>();
    const aligned = new Map<number, string>();
    const lines: string[][] = rows.map((row, at) => {
      const cells: string[] = [];
      for (const cell of row.children) {
        while (taken.has(`${at} ${cells.length}`)) cells.push("");
        const span = (name: string) =>
          Math.min(Math.max(whole(cell.attributes[name], 1), 1), COLUMNS_MAX);
        const [width, height] = [span("colspan"), span("rowspan")];
        if (!aligned.has(cells.length)) aligned.set(cells.length, textOf(cell.attributes["align"]));
        for (let down = 1; down < height; down += 1) {
          for (let x = 0; x < width; x += 1) taken.add(`${at + down} ${cells.length + x}`);
        }
        cells.push(this.cell(cell, level), ...Array.from({ length: width - 1 }, () => ""));
        if (cells.length >= COLUMNS_MAX) break;
      }
      return cells.slice(0, COLUMNS_MAX);
    });
    const columns = Math.max(0, ...lines.map((line) => line.length));
    if (columns === 0) return [];
    if (rows[0]?.children.some(({ tag }) => tag !== "tableHeader")) lines.unshift([]);
    const all = Array.from({ length: columns }, (_, x) => x);
    const rule = all.map((x) => ALIGNED[aligned.get(x) ?? ""] ?? "---");
    const [head = [], ...body] = lines.map((line) => all.map((x) => line[x] ?? ""));
    return [head, rule, ...body].map((line) => `| ${line.join(" | ")} |`);
  }

  private cell({ children }: Part, level: number): string {
    const lines = this.blocks(children, level + 1).filter((line) => line !== "");
    const shown = lines.map((line) => line.replace(/\\$/u, "").trim());
    return shown.join("<br>").replace(BARE_PIPE, "$1\\|");
  }
}

/** Shape: `pictures` says where the picture of a file lies beside the text. */
export function markdownOf(
  parts: readonly Part[],
  pictures: ReadonlyMap<string, string> = new Map(),
): string {
  return `${new Writer(pictures).blocks(parts, 0).join("\n")}\n`;
}
