/** What a browser keeps for a page, in memory: its storage and its locks. */
import type { Locks } from "../src/slots";
import type { KeyValues } from "../src/store";

/** A `Storage` in memory. Shape: `bytesMax` makes it refuse like a full browser. */
export class MemoryStorage implements KeyValues {
  bytesMax = Infinity;
  readonly items = new Map<string, string>();

  get length(): number {
    return this.items.size;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    let bytes = key.length + value.length;
    for (const [other, text] of this.items) if (other !== key) bytes += other.length + text.length;
    if (bytes > this.bytesMax) throw new DOMException("full", "QuotaExceededError");
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }
}

/** Web Locks in memory, shared by the tabs of one browser. */
export class MemoryLocks implements Locks {
  private readonly names = new Set<string>();

  async take(name: string): Promise<(() => void) | null> {
    if (this.names.has(name)) return null;
    this.names.add(name);
    return () => this.names.delete(name);
  }

  async held(): Promise<ReadonlySet<string>> {
    return new Set([...this.names].map((name) => name.split(":").pop() ?? ""));
  }
}
