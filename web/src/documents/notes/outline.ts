/** Headings and words of the notes, counted when somebody asks. Pure. */
import type { Node } from "@tiptap/pm/model";

export interface Heading {
  text: string;
  level: number;
  /** Where it begins in the text. */
  position: number;
}

export interface Summary {
  headings: Heading[];
  words: number;
  tasks: number;
  tasksDone: number;
}

const HEADINGS_MAX = 500;

/** Words as the language of the page cuts them; a text without spaces has words, too. */
export function countWords(text: string, language: string): number {
  if (typeof Intl.Segmenter === "undefined") return text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
  let words = 0;
  const segmenter = new Intl.Segmenter(language, { granularity: "word" });
  for (const { isWordLike } of segmenter.segment(text)) {
    if (isWordLike === true) words += 1;
  }
  return words;
}

export function summaryOf(doc: Node, language: string): Summary {
  const summary: Summary = { headings: [], words: 0, tasks: 0, tasksDone: 0 };
  doc.descendants((node, position) => {
    if (node.type.name === "taskItem") {
      summary.tasks += 1;
      if (node.attrs["checked"] === true) summary.tasksDone += 1;
    }
    if (!node.isTextblock) return true;
    const text = node.textBetween(0, node.content.size, " ", " ");
    summary.words += countWords(text, language);
    const heading = node.type.name === "heading" && text.trim() !== "";
    if (heading && summary.headings.length < HEADINGS_MAX) {
      const level = Number(node.attrs["level"]) || 1;
      summary.headings.push({ text: text.trim().slice(0, 200), level, position });
    }
    return false;
  });
  return summary;
}
