/** Files of a conference: what is shared, and what one can do with it. */
import { ApiError } from "./api";
import { type FileList, filesAfter, filesOfView, NO_FILES } from "./apps/files";
import { textOf } from "./apps/values";
import type { Event } from "./generated/frames.gen";
import { Cell, type Observable } from "./observable";
import type { Submitted } from "./operations";
import { Patience, Upload, type UploadHost, type UploadOptions } from "./uploads";
import { isMap } from "./wire";

export interface FilesHost extends UploadHost {
  submit(app: string, type: string, body: unknown): Submitted;
}

export interface Uploaded {
  readonly file: string;
}

/** Bytes of fetched files that are kept, the ones last asked for. */
const KEPT_BYTES_MAX = 64 << 20;
const FETCH_TIMEOUT_MS = 120_000;
const ANSWER_TIMEOUT_MS = 4_000;

export class SharedFiles {
  /** Files that people shared; not the pictures and slides of other parts of the room. */
  readonly list: Observable<FileList>;

  private readonly cell = new Cell<FileList>(NO_FILES);
  private readonly kept = new Map<string, { readonly blob: Promise<Blob>; bytes: number }>();

  constructor(private readonly host: FilesHost) {
    this.list = this.cell;
  }

  /**
   * Brings a file into the room and resolves when it is in the log. Throws `ApiError`: refused by
   * its content (`mislabelled`, `damaged`...), by a limit, cancelled (`aborted`), or unreachable.
   */
  async upload(data: Blob, options: UploadOptions): Promise<Uploaded> {
    return { file: await new Upload(this.host, data, options).run() };
  }

  /** A file's bytes, or the small picture of it; kept for a while. Throws `ApiError`. */
  fetch(file: string, options: { readonly preview?: boolean } = {}): Promise<Blob> {
    const key = `${file}${options.preview === true ? "/preview" : ""}`;
    const known = this.kept.get(key);
    if (known !== undefined) {
      this.kept.delete(key);
      this.kept.set(key, known);
      return known.blob;
    }
    const entry = { blob: this.read(file, options.preview === true), bytes: 0 };
    this.kept.set(key, entry);
    entry.blob.then(
      (blob) => {
        entry.bytes = blob.size;
        this.trim();
      },
      () => this.kept.delete(key),
    );
    return entry.blob;
  }

  /** An address that gives the file as a download, for a minute. Throws `ApiError`. */
  async link(file: string): Promise<string> {
    const { ticket, room } = await this.way(file);
    const path = `${pathOf(room, file)}?ticket=${ticket}`;
    const origins = this.host.origins();
    // The machine that the page came from may be gone, and a link cannot try another one.
    for (const origin of origins) {
      if (await this.answers(origin + path)) return origin + path;
    }
    return (origins[0] ?? "") + path;
  }

  /** Removes a file of one's own; hosts and co-hosts remove any. */
  remove(file: string): Submitted {
    return this.host.submit("files", "remove", { file });
  }

  // What the log says

  replaced(view: unknown): void {
    this.cell.set(filesOfView(view));
  }

  followed(event: Event): void {
    this.cell.set(filesAfter(this.cell.getSnapshot(), event));
    if (event.type === "removed" && isMap(event.body)) {
      const file = textOf(event.body["file"]);
      this.kept.delete(file);
      this.kept.delete(`${file}/preview`);
    }
  }

  // Inside

  private async answers(url: string): Promise<boolean> {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    try {
      return (await this.host.fetch(url, { method: "HEAD", signal })).ok;
    } catch {
      return false;
    }
  }

  private trim(): void {
    let bytes = [...this.kept.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const [key, entry] of this.kept) {
      if (bytes <= KEPT_BYTES_MAX) return;
      bytes -= entry.bytes;
      this.kept.delete(key);
    }
  }

  private base(attempt: number): string {
    const origins = this.host.origins();
    return origins[attempt % origins.length] ?? "";
  }

  private async way(file: string): Promise<{ ticket: string; room: string }> {
    const told = await this.host.get("file", { file });
    if (!isMap(told)) throw new ApiError("unexpected_answer", "There is no way to this file.");
    return { ticket: textOf(told["ticket"]), room: textOf(told["room"]) };
  }

  private async read(file: string, preview: boolean): Promise<Blob> {
    const patience = new Patience(this.host);
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.readOnce(file, preview, attempt);
      } catch (failure) {
        await patience.after(failure);
      }
    }
  }

  private async readOnce(file: string, preview: boolean, attempt: number): Promise<Blob> {
    const { ticket, room } = await this.way(file);
    const url = `${this.base(attempt)}${pathOf(room, file)}${preview ? "?preview=true" : ""}`;
    let answer: Response;
    try {
      answer = await this.host.fetch(url, {
        headers: { authorization: `Bearer ${ticket}` },
        signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      });
      if (answer.ok) return await answer.blob();
    } catch {
      throw new ApiError("unreachable", "The server could not be reached.");
    }
    throw new ApiError("file_gone", "This file is no longer there.", answer.status);
  }
}

function pathOf(room: string, file: string): string {
  return `/api/v1/rooms/${room}/files/${encodeURIComponent(file)}`;
}
