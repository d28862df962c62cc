/** What this page is about to share: a few uploads at a time, the others wait. */
import {
  ApiError,
  FILE_BYTES_MAX,
  type Observable,
  type SharedFiles,
} from "@folkmoot/client";

export type UploadPhase = "waiting" | "sending" | "examining" | "failed";

export interface UploadEntry {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly done: number;
  readonly phase: UploadPhase;
  /** What was thrown, once it has failed. */
  readonly error: unknown;
}

interface Job {
  readonly id: number;
  readonly file: File;
  readonly cancel: AbortController;
}

const AT_ONCE = 2;
export const WAITING_MAX = 50;

export class UploadQueue implements Observable<readonly UploadEntry[]> {
  private entries: readonly UploadEntry[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly waiting: Job[] = [];
  private readonly running = new Map<number, Job>();
  private readonly files = new Map<number, File>();
  private lastId = 0;

  constructor(
    private readonly shared: Pick<SharedFiles, "upload">,
    private readonly onShared: (name: string) => void = () => undefined,
  ) {}

  readonly getSnapshot = (): readonly UploadEntry[] => this.entries;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Takes files up; what can be known now to be refused fails at once. */
  add(files: readonly File[]): void {
    for (const file of files.slice(0, WAITING_MAX - this.files.size)) {
      this.lastId += 1;
      const id = this.lastId;
      this.files.set(id, file);
      const { name, size: bytes } = file;
      const refusal = refusalOf(file);
      const phase = refusal === null ? "waiting" : "failed";
      this.show([...this.entries, { id, name, bytes, done: 0, phase, error: refusal }]);
      if (refusal === null) this.waiting.push({ id, file, cancel: new AbortController() });
    }
    this.next();
  }

  /** Says of folders, whose content cannot be read as one file, that they were not taken. */
  refuseFolders(names: readonly string[], sentence: string): void {
    const error = new ApiError("folders", sentence, 400);
    for (const name of names) {
      this.lastId += 1;
      const entry = { id: this.lastId, name, bytes: 0, done: 0, phase: "failed" as const, error };
      this.show([...this.entries, entry]);
    }
  }

  /** Cancels one that is under way, or takes one that failed out of sight. */
  drop(id: number): void {
    this.running.get(id)?.cancel.abort();
    const at = this.waiting.findIndex((job) => job.id === id);
    if (at >= 0) this.waiting.splice(at, 1);
    this.forget(id);
  }

  retry(id: number): void {
    const file = this.files.get(id);
    if (file === undefined) return;
    this.change(id, { phase: "waiting", done: 0, error: null });
    this.waiting.push({ id, file, cancel: new AbortController() });
    this.next();
  }

  /** The room is left. */
  stop(): void {
    this.waiting.length = 0;
    for (const { cancel } of this.running.values()) cancel.abort();
  }

  private next(): void {
    while (this.running.size < AT_ONCE) {
      const job = this.waiting.shift();
      if (job === undefined) return;
      this.running.set(job.id, job);
      void this.run(job);
    }
  }

  private async run({ id, file, cancel }: Job): Promise<void> {
    this.change(id, { phase: "sending" });
    try {
      await this.shared.upload(file, {
        name: file.name,
        signal: cancel.signal,
        onProgress: (done, of) =>
          this.change(id, { done, phase: done === of ? "examining" : "sending" }),
      });
      this.forget(id);
      this.onShared(file.name);
    } catch (error) {
      if (cancel.signal.aborted) this.forget(id);
      else this.change(id, { phase: "failed", error });
    } finally {
      this.running.delete(id);
      this.next();
    }
  }

  private change(id: number, parts: Partial<UploadEntry>): void {
    this.show(this.entries.map((entry) => (entry.id === id ? { ...entry, ...parts } : entry)));
  }

  private forget(id: number): void {
    this.files.delete(id);
    this.show(this.entries.filter((entry) => entry.id !== id));
  }

  private show(entries: readonly UploadEntry[]): void {
    this.entries = entries;
    for (const listener of [...this.listeners]) listener();
  }
}

function refusalOf(file: File): ApiError | null {
  if (file.size === 0) return new ApiError("empty", "The file is empty.", 400);
  if (file.size > FILE_BYTES_MAX) return new ApiError("too_large", "It is too large.", 413);
  return null;
}
