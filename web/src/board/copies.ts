/** Copies of a board to take along: PNG, SVG, PDF of all pages, and Excalidraw's own files. */
import {
  exportToCanvas,
  exportToSvg,
  loadFromBlob,
  MIME_TYPES,
  serializeAsJSON,
} from "@excalidraw/excalidraw";
import type { NonDeletedExcalidrawElement } from "@excalidraw/excalidraw/element/types";
import type * as Y from "yjs";

import { decode, isPiece, type SceneElement } from "./binding/element";
import { Entries } from "./binding/entries";
import { elementsOf } from "./binding/pages";
import { pdfOf, type PdfPage } from "./pdf";
import type { Pictures } from "./pictures";
import { restored } from "./scene";

export type CopyFormat = "png" | "svg" | "pdf" | "excalidraw";

const PADDING = 24;
const SCALE = 2;
/** What a canvas may have: a browser makes none of more, and a phone has little memory. */
const PIXELS_MAX = 16_000_000;
const SIDE_PIXELS_MAX = 8_192;
const LOOK = { exportBackground: true, viewBackgroundColor: "#ffffff", exportWithDarkMode: false };

interface Content {
  readonly stored: readonly SceneElement[];
  readonly elements: readonly NonDeletedExcalidrawElement[];
}

/** The elements of a page, in their order. */
export function contentOf(ydoc: Y.Doc, page: string): Content {
  const entries = new Entries(elementsOf(ydoc, page));
  const stored = [...entries.all()]
    .filter((entry) => !isPiece(entry))
    .map((entry) => decode(entry, entries.piecesOf(entry.id)));
  entries.destroy();
  const elements = restored(stored).toSorted((a, b) => {
    const [left, right] = [a.index ?? "", b.index ?? ""];
    if (left === right) return a.id < b.id ? -1 : 1;
    return left < right ? -1 : 1;
  });
  return { stored, elements: elements as unknown as NonDeletedExcalidrawElement[] };
}

/** A page as a picture. Units: `scale` is of the board's own size, less where that is too large. */
export async function canvasOf(
  ydoc: Y.Doc,
  page: string,
  pictures: Pictures,
  { scale: most = SCALE, dark = false } = {},
): Promise<HTMLCanvasElement> {
  const { stored, elements } = contentOf(ydoc, page);
  return exportToCanvas({
    elements,
    files: await pictures.all(stored),
    appState: { ...LOOK, exportWithDarkMode: dark },
    exportPadding: PADDING,
    getDimensions: (width: number, height: number) => {
      const scale = Math.min(
        most,
        Math.sqrt(PIXELS_MAX / (width * height)),
        SIDE_PIXELS_MAX / Math.max(width, height),
      );
      return { width: width * scale, height: height * scale, scale };
    },
  });
}

async function pixelsOf(canvas: HTMLCanvasElement): Promise<PdfPage> {
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  if (context === null || width === 0 || height === 0) throw new Error("The page cannot be drawn.");
  const { data } = context.getImageData(0, 0, width, height);
  canvas.width = canvas.height = 0; // gives its memory back at once
  return { widthPixels: width, heightPixels: height, pixels: data };
}

/** Errors: when the page cannot be drawn, as when it has no memory left for it. */
export async function copyOf(
  format: CopyFormat,
  board: { ydoc: Y.Doc; page: string; pages: readonly string[]; title: string },
  pictures: Pictures,
): Promise<Blob> {
  const { ydoc, page, pages, title } = board;
  switch (format) {
    case "png": {
      const canvas = await canvasOf(ydoc, page, pictures);
      return new Promise((resolve, reject) => {
        canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("not drawable"))));
      });
    }
    case "svg": {
      const { stored, elements } = contentOf(ydoc, page);
      const svg = await exportToSvg({
        elements,
        files: await pictures.all(stored),
        appState: LOOK,
        exportPadding: PADDING,
      });
      return new Blob([svg.outerHTML], { type: "image/svg+xml" });
    }
    case "pdf":
      return pdfOf(title, pages.length, async (index) => {
        const canvas = await canvasOf(ydoc, pages[index] ?? page, pictures);
        return pixelsOf(canvas);
      });
    case "excalidraw": {
      const { stored, elements } = contentOf(ydoc, page);
      const files = await pictures.all(stored);
      const text = serializeAsJSON(elements, {}, files, "local");
      return new Blob([text], { type: MIME_TYPES.excalidraw });
    }
  }
}

/** What is in a file of Excalidraw's. Errors: when it is none. */
export async function fromFile(blob: Blob) {
  const { elements, files } = await loadFromBlob(blob, null, null);
  return { elements: elements.filter((element) => !element.isDeleted), files };
}

export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A name that every system takes. */
export function fileName(title: string, format: CopyFormat): string {
  const plain = title.replaceAll(/[^\p{L}\p{N} _-]+/gu, " ").trim().slice(0, 60);
  return `${plain === "" ? "board" : plain}.${format}`;
}
