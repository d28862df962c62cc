/** What is on a page, in words, for who does not see it. Pure. */
import { type Entry, isPiece } from "./element";

export interface Summary {
  /** Elements of any kind. */
  readonly count: number;
  readonly pictures: number;
  /** Texts from top to bottom, as far as they are told. */
  readonly texts: readonly { readonly id: string; readonly text: string }[];
}

const TEXTS_MAX = 200;
const TEXT_CHARACTERS_MAX = 500;

type Told = Entry & Partial<Record<"type" | "text" | "x" | "y", unknown>>;

function place(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

export function summaryOf(entries: Iterable<Entry>): Summary {
  let [count, pictures] = [0, 0];
  const texts: { id: string; text: string; x: number; y: number }[] = [];
  for (const entry of entries) {
    if (isPiece(entry)) continue;
    count += 1;
    const { type, text, x, y } = entry as Told;
    if (type === "image") pictures += 1;
    if (type !== "text" || typeof text !== "string" || text === "") continue;
    texts.push({ id: entry.id, text, x: place(x), y: place(y) });
  }
  texts.sort((a, b) => a.y - b.y || a.x - b.x);
  const told = texts.slice(0, TEXTS_MAX).map(({ id, text }) => {
    return { id, text: text.slice(0, TEXT_CHARACTERS_MAX) };
  });
  return { count, pictures, texts: told };
}
