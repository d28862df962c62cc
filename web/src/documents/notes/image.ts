/** A picture of the notes: names a file of the room, never holds bytes nor a foreign address. */
import { mergeAttributes, Node } from "@tiptap/core";
import type { NodeViewRenderer } from "@tiptap/core";

import { ALT_CHARACTERS_MAX, WIDTH_MAX, WIDTH_MIN, WIDTH_STEP } from "./limits";

export interface NoteImageOptions {
  /** Draws it; without, only the frame is there (history, tests). */
  view: NodeViewRenderer | null;
}

/** Units: `width` in per cent of the text's width; null for the picture's own. */
export interface ImageAttributes {
  file: string;
  alt: string;
  width: number | null;
  /** Width by height, so that its place is kept while it loads. */
  ratio: number | null;
}

function numberIn(value: unknown, least: number, most: number): number | null {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && number >= least && number <= most ? number : null;
}

/** What others wrote into the document, made sound. */
export function imageAttributes(attributes: Readonly<Record<string, unknown>>): ImageAttributes {
  const { file, alt, width, ratio } = attributes;
  const percent = numberIn(width, WIDTH_MIN, WIDTH_MAX);
  return {
    file: typeof file === "string" ? file : "",
    alt: typeof alt === "string" ? alt.slice(0, ALT_CHARACTERS_MAX) : "",
    width: percent === null ? null : Math.round(percent),
    ratio: numberIn(ratio, 0.01, 100),
  };
}

/** The next width by keys or buttons. */
export function widthAfter(width: number | null, shown: number, steps: number): number {
  const from = width ?? shown;
  const next = Math.round((from + steps * WIDTH_STEP) / WIDTH_STEP) * WIDTH_STEP;
  return Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, next));
}

declare module "@tiptap/core" {
  interface Commands<ReturnType> {
    noteImage: {
      /** Makes the chosen picture wider or narrower. */
      widenImage: (steps: number, shown: number) => ReturnType;
    };
  }
}

const KEYS = ["file", "alt", "width", "ratio"] as const;

export const NoteImage = Node.create<NoteImageOptions>({
  name: "image",
  group: "block",
  atom: true,
  draggable: true,

  addOptions() {
    return { view: null };
  },

  addAttributes() {
    return Object.fromEntries(
      KEYS.map((key) => [
        key,
        {
          default: key === "alt" || key === "file" ? "" : null,
          parseHTML: (element: HTMLElement) =>
            imageAttributes({
              file: element.dataset["file"],
              alt: element.getAttribute("alt"),
              width: element.dataset["width"],
              ratio: element.dataset["ratio"],
            })[key],
          renderHTML: (attributes: Record<string, unknown>) => {
            const value = imageAttributes(attributes)[key];
            return value === null ? {} : { [key === "alt" ? key : `data-${key}`]: value };
          },
        },
      ]),
    );
  },

  parseHTML() {
    return [{ tag: "img[data-file]" }];
  },

  renderHTML({ HTMLAttributes }) {
    return ["img", mergeAttributes(HTMLAttributes)];
  },

  addNodeView() {
    return this.options.view as NodeViewRenderer;
  },

  addCommands() {
    return {
      widenImage:
        (steps, shown) =>
        ({ editor, commands }) => {
          if (!editor.isActive(this.name)) return false;
          const { width } = imageAttributes(editor.getAttributes(this.name));
          return commands.updateAttributes(this.name, { width: widthAfter(width, shown, steps) });
        },
    };
  },
});
