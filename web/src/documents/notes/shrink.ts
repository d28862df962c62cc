/**
 * Makes a picture fit to be shared: upright, not larger than anyone sees it, and without what a
 * camera wrote into it (place, time, device).
 */
import { IMAGE_KEPT_BYTES_MAX, IMAGE_PIXELS_MAX, IMAGE_SOURCE_BYTES_MAX } from "./limits";

/** What is said when a picture is not taken: keys of `notes.image`. */
export type Refusal = "notPicture" | "vector" | "tooLarge" | "unreadable";

export class PictureRefused extends Error {
  constructor(readonly reason: Refusal) {
    super(reason);
  }
}

export interface Picture {
  data: Blob;
  name: string;
  /** Width by height. */
  ratio: number;
}

type Plan = { kind: "refuse"; reason: Refusal } | { kind: "keep" } | { kind: "draw"; type: string };

/** What becomes of a file, by its type and size. Pure. */
export function planOf(type: string, bytes: number): Plan {
  if (!type.startsWith("image/")) return { kind: "refuse", reason: "notPicture" };
  if (type === "image/svg+xml") return { kind: "refuse", reason: "vector" };
  if (bytes > IMAGE_SOURCE_BYTES_MAX) return { kind: "refuse", reason: "tooLarge" };
  if (type === "image/gif") {
    // Drawn anew it would stand still.
    return bytes > IMAGE_KEPT_BYTES_MAX ? { kind: "refuse", reason: "tooLarge" } : { kind: "keep" };
  }
  const kept = type === "image/png" || type === "image/webp";
  return { kind: "draw", type: kept ? type : "image/jpeg" };
}

/** The size to draw a picture in. Pure. */
export function fittedSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, IMAGE_PIXELS_MAX / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

const ENDINGS: Record<string, string> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "image/gif": "gif",
};

/** A name that says nothing of the path, with the ending of what is sent. Pure. */
export function nameOf(name: string, type: string): string {
  const bare = (name.split(/[/\\]/u).at(-1) ?? "").replace(/\.[^.]*$/u, "").trim().slice(0, 80);
  return `${bare === "" ? "picture" : bare}.${ENDINGS[type] ?? "jpg"}`;
}

function rounded(width: number, height: number): number {
  return Math.round((width / height) * 1_000) / 1_000;
}

async function decoded(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new PictureRefused("unreadable");
  }
}

/** Errors: `PictureRefused`. */
export async function shrunk(file: File): Promise<Picture> {
  const plan = planOf(file.type, file.size);
  if (plan.kind === "refuse") throw new PictureRefused(plan.reason);
  const bitmap = await decoded(file);
  try {
    const ratio = rounded(bitmap.width, bitmap.height);
    if (plan.kind === "keep") return { data: file, name: nameOf(file.name, file.type), ratio };
    const { width, height } = fittedSize(bitmap.width, bitmap.height);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    if (context === null) throw new PictureRefused("unreadable");
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    const data = await new Promise<Blob | null>((made) => {
      canvas.toBlob(made, plan.type, 0.88);
    });
    if (data === null) throw new PictureRefused("unreadable");
    return { data, name: nameOf(file.name, data.type), ratio };
  } finally {
    bitmap.close();
  }
}
