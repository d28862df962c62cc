/** Which tab holds which session: Web Locks, and a question among tabs where there are none. */

export interface Locks {
  /** Takes the lock and gives the function that frees it; null when it was not free in time. */
  take(name: string, waitMs: number): Promise<(() => void) | null>;
  /** Ids of the slots that some tab holds. */
  held(): Promise<ReadonlySet<string>>;
}

const LOCK_PREFIX = "folkmoot:session:";
const PROBE_CHANNEL = "folkmoot:sessions";
const PROBE_WAIT_MS = 100;

/** The browser's Web Locks, or null where there are none. */
export function browserLocks(): Locks | null {
  const manager = typeof navigator === "undefined" ? undefined : navigator.locks;
  if (manager === undefined) return null;
  return {
    take: (name, waitMs) => take(manager, name, waitMs),
    held: async () => {
      const { held = [] } = await manager.query();
      const names = held.map((lock) => lock.name ?? "");
      return new Set(
        names.filter((n) => n.startsWith(LOCK_PREFIX)).map((n) => n.slice(LOCK_PREFIX.length)),
      );
    },
  };
}

function take(
  manager: LockManager,
  name: string,
  waitMs: number,
): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    const options: LockOptions =
      waitMs > 0 ? { signal: AbortSignal.timeout(waitMs) } : { ifAvailable: true };
    manager
      .request(name, options, (lock) => {
        if (lock === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((free) => resolve(free));
      })
      .catch(() => resolve(null)); // not free in time, or no locks for this origin
  });
}

export function holdSlot(locks: Locks, id: string, waitMs: number): Promise<(() => void) | null> {
  return locks.take(LOCK_PREFIX + id, waitMs);
}

/** Whether another tab says that it holds this slot. */
export async function probeTab(id: string): Promise<boolean> {
  if (typeof BroadcastChannel === "undefined") return false;
  const channel = new BroadcastChannel(PROBE_CHANNEL);
  const answer = new Promise<boolean>((resolve) => {
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (data === `held:${id}`) resolve(true);
    });
    setTimeout(() => resolve(false), PROBE_WAIT_MS);
  });
  channel.postMessage(`who:${id}`);
  const held = await answer;
  channel.close();
  return held;
}

/** Answers the probes of other tabs until the returned function is called. */
probeTab.answer = (id: string): (() => void) => {
  if (typeof BroadcastChannel === "undefined") return () => undefined;
  const channel = new BroadcastChannel(PROBE_CHANNEL);
  channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (data === `who:${id}`) channel.postMessage(`held:${id}`);
  });
  return () => channel.close();
};
