/**
 * Images of pages: fetched a few at a time, the newest wish first, and let go of when many others
 * were seen since.
 */
import type { PictureSize as Size } from "@folkmoot/client";

export type { PictureSize as Size } from "@folkmoot/client";

export interface Picture {
  readonly url: string | null;
  /** It could not be fetched at the last try; it is tried again. */
  readonly failed: boolean;
}

interface Entry {
  readonly page: number;
  readonly size: Size;
  picture: Picture;
  users: number;
  wanted: boolean;
  tries: number;
  readonly listeners: Set<() => void>;
}

export const NO_PICTURE: Picture = { url: null, failed: false };
/** Pictures kept that nobody looks at. */
const KEPT: Record<Size, number> = { large: 12, small: 120 };
const AT_ONCE = 4;
const WAITS_MS = [500, 1_000, 2_000, 5_000, 10_000];

export interface ImagesHost {
  fetch(page: number, size: Size): Promise<Blob>;
  toUrl(blob: Blob): string;
  letGo(url: string): void;
  after(ms: number, then: () => void): void;
}

export class PageImages {
  /** In the order in which they were wished for. */
  private readonly entries = new Map<string, Entry>();
  private running = 0;
  private over = false;

  constructor(private readonly host: ImagesHost) {}

  /** Tells `listener` of the picture until the returned function is called. */
  watch(page: number, size: Size, listener: () => void): () => void {
    const entry = this.wish(page, size);
    entry.users += 1;
    entry.listeners.add(listener);
    this.pump();
    return () => {
      entry.users -= 1;
      entry.listeners.delete(listener);
      this.tidy(size);
    };
  }

  get(page: number, size: Size): Picture {
    return this.entries.get(`${size}/${page}`)?.picture ?? NO_PICTURE;
  }

  /** Fetches what will probably be looked at next. */
  preload(page: number, size: Size): void {
    this.wish(page, size);
    this.pump();
  }

  destroy(): void {
    this.over = true;
    for (const { picture } of this.entries.values()) {
      if (picture.url !== null) this.host.letGo(picture.url);
    }
    this.entries.clear();
  }

  private wish(page: number, size: Size): Entry {
    const key = `${size}/${page}`;
    const known = this.entries.get(key);
    const entry = known ?? {
      page,
      size,
      picture: NO_PICTURE,
      users: 0,
      wanted: true,
      tries: 0,
      listeners: new Set(),
    };
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry;
  }

  private pump(): void {
    while (this.running < AT_ONCE && !this.over) {
      const waiting = [...this.entries.values()].filter(({ wanted }) => wanted);
      const next = waiting.findLast(({ users }) => users > 0) ?? waiting.at(-1);
      if (next === undefined) return;
      next.wanted = false;
      this.running += 1;
      void this.load(next);
    }
  }

  private async load(entry: Entry): Promise<void> {
    try {
      const blob = await this.host.fetch(entry.page, entry.size);
      if (!this.over) this.show(entry, { url: this.host.toUrl(blob), failed: false });
    } catch {
      this.failed(entry);
    } finally {
      this.running -= 1;
      this.tidy(entry.size);
      this.pump();
    }
  }

  private failed(entry: Entry): void {
    const wait_ms = WAITS_MS[Math.min(entry.tries, WAITS_MS.length - 1)] ?? 0;
    entry.tries += 1;
    this.show(entry, { url: null, failed: true });
    this.host.after(wait_ms, () => {
      if (this.over || this.entries.get(`${entry.size}/${entry.page}`) !== entry) return;
      if (entry.users === 0) {
        this.entries.delete(`${entry.size}/${entry.page}`);
        return;
      }
      entry.wanted = true;
      this.pump();
    });
  }

  private show(entry: Entry, picture: Picture): void {
    entry.picture = picture;
    for (const listener of entry.listeners) listener();
  }

  /** Lets go of the oldest that nobody looks at. */
  private tidy(size: Size): void {
    const idle = [...this.entries].filter(
      ([, entry]) => entry.size === size && entry.users === 0 && entry.picture.url !== null,
    );
    for (const [key, { picture }] of idle.slice(0, Math.max(0, idle.length - KEPT[size]))) {
      this.entries.delete(key);
      if (picture.url !== null) this.host.letGo(picture.url);
    }
  }
}
