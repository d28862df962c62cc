/**
 * Pictures of a board: stored as files of the room, known to the board by their ids alone.
 *
 * A picture that somebody put on the board is uploaded before its element is written, so nobody
 * ever sees a place where a picture will not come.
 */
import type { ExcalidrawElement } from "@excalidraw/excalidraw/element/types";
import type {
  BinaryFileData,
  BinaryFiles,
  DataURL,
  ExcalidrawImperativeAPI,
} from "@excalidraw/excalidraw/types";

import type { SceneElement } from "./binding/element";

type FileId = BinaryFileData["id"];

/** The room's files, as far as pictures need them. */
export interface FileStore {
  upload(data: Blob, options: { name: string; purpose: "image" }): Promise<{ file: string }>;
  fetch(file: string): Promise<Blob>;
}

/** Told when something changed: how many are on their way, and what could not be stored. */
export interface PicturesListener {
  waiting(count: number): void;
  refused(ids: readonly string[], error: unknown): void;
  stored(): void;
}

const AT_ONCE_MAX = 3;
const WAITS_MS = [500, 2_000, 8_000, 20_000];
/** A drawing (SVG) becomes pixels before it is stored; its longer side at most. */
const DRAWING_PIXELS_MAX = 2_048;

interface Pictured {
  readonly fileId: FileId;
  readonly file: string;
}

/** The pictures among elements as the document has them. */
export function pictured(elements: readonly SceneElement[]): Pictured[] {
  return elements.flatMap((element) => {
    if (element.type !== "image") return [];
    const { fileId, file } = element as unknown as Partial<Record<"fileId" | "file", unknown>>;
    if (typeof fileId !== "string" || typeof file !== "string") return [];
    return [{ fileId: fileId as FileId, file }];
  });
}

export class Pictures {
  /** Files of the room by Excalidraw's id of a picture. */
  private readonly files = new Map<string, string>();
  private readonly loading = new Map<string, Promise<BinaryFileData | null>>();
  private readonly uploading = new Set<string>();
  private readonly failed = new Set<string>();
  private running = 0;
  private readonly queue: (() => void)[] = [];

  constructor(
    private readonly store: FileStore,
    private readonly listener: PicturesListener,
  ) {}

  stored(fileId: string): string | undefined {
    return this.files.get(fileId);
  }

  /** Fetches the pictures of elements that came, and gives them to Excalidraw. */
  want(elements: readonly SceneElement[], api: ExcalidrawImperativeAPI): void {
    for (const { fileId, file } of pictured(elements)) {
      this.files.set(fileId, file);
      if (api.getFiles()[fileId] !== undefined) continue;
      void this.load(fileId, file).then((data) => {
        if (data !== null) api.addFiles([data]);
      });
    }
  }

  /** All pictures of elements, for a copy; those that cannot be had are left out. */
  async all(elements: readonly SceneElement[]): Promise<BinaryFiles> {
    const loaded = await Promise.all(
      pictured(elements).map(({ fileId, file }) => this.load(fileId, file)),
    );
    const had = loaded.filter((data) => data !== null);
    return Object.fromEntries(had.map((data) => [data.id, data]));
  }

  private load(fileId: FileId, file: string): Promise<BinaryFileData | null> {
    const known = this.loading.get(fileId);
    if (known !== undefined) return known;
    const loading = this.inTurn(() => this.loadPatiently(fileId, file));
    this.loading.set(fileId, loading);
    void loading.then((data) => data ?? this.loading.delete(fileId));
    return loading;
  }

  private async loadPatiently(fileId: FileId, file: string): Promise<BinaryFileData | null> {
    for (const wait_ms of [0, ...WAITS_MS]) {
      if (wait_ms > 0) await new Promise((resolve) => setTimeout(resolve, wait_ms));
      try {
        return await fileData(fileId, await this.store.fetch(file));
      } catch {
        // A server may be away.
      }
    }
    return null;
  }

  /** Stores the pictures that were put on the board here. */
  take(elements: readonly ExcalidrawElement[], files: BinaryFiles): void {
    for (const element of elements) {
      if (element.type !== "image" || element.isDeleted || element.fileId === null) continue;
      const { fileId } = element;
      const data = files[fileId];
      if (data === undefined || this.files.has(fileId)) continue;
      if (this.uploading.has(fileId) || this.failed.has(fileId)) continue;
      this.uploading.add(fileId);
      this.listener.waiting(this.uploading.size);
      void this.inTurn(() => this.upload(data));
    }
  }

  private async upload(data: BinaryFileData): Promise<void> {
    try {
      const blob = await blobOf(data);
      const name = `picture.${blob.type.split("/")[1] ?? "png"}`;
      const { file } = await this.store.upload(blob, { name, purpose: "image" });
      this.files.set(data.id, file);
      this.loading.set(data.id, Promise.resolve(data));
      this.uploading.delete(data.id);
      this.listener.stored();
    } catch (error) {
      this.uploading.delete(data.id);
      this.failed.add(data.id);
      this.listener.refused([data.id], error);
    }
    this.listener.waiting(this.uploading.size);
  }

  /** A refused picture may be tried anew, as when it is pasted again. */
  forget(fileId: string): void {
    this.failed.delete(fileId);
  }

  private async inTurn<T>(what: () => Promise<T>): Promise<T> {
    if (this.running >= AT_ONCE_MAX) await new Promise<void>((go) => void this.queue.push(go));
    this.running += 1;
    try {
      return await what();
    } finally {
      this.running -= 1;
      this.queue.shift()?.();
    }
  }
}

async function fileData(id: FileId, blob: Blob): Promise<BinaryFileData> {
  const dataURL = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result)));
    reader.addEventListener("error", () => reject(new Error("not readable")));
    reader.readAsDataURL(blob);
  });
  const mimeType = blob.type as BinaryFileData["mimeType"];
  return { id, mimeType, dataURL: dataURL as DataURL, created: Date.now() };
}

/** What is uploaded for a picture: its bytes, or pixels for a drawing, which could hold code. */
async function blobOf({ dataURL, mimeType }: BinaryFileData): Promise<Blob> {
  if (mimeType !== "image/svg+xml") return bytesOfDataUrl(dataURL);
  const image = new Image();
  image.src = dataURL;
  await image.decode();
  const [width, height] = [image.naturalWidth || 300, image.naturalHeight || 150];
  const factor = Math.min(2, DRAWING_PIXELS_MAX / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * factor));
  canvas.height = Math.max(1, Math.round(height * factor));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("not drawable"))));
  });
}

function bytesOfDataUrl(url: string): Blob {
  const comma = url.indexOf(",");
  const kind = /^data:([^;,]*)/u.exec(url)?.[1] ?? "";
  const text = atob(url.slice(comma + 1));
  return new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], { type: kind });
}
