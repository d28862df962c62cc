/** The status for what shows a whole room: each key changes how much is unsaved, twice. */
import type { Observable, Status } from "@folkmoot/client";

/** How far behind the count of what is unsaved may be. */
export const COUNT_MS = 1_000;

function sameButCount(one: Status, other: Status): boolean {
  const keys = Object.keys(one) as (keyof Status)[];
  return keys.every((key) => key === "unsaved" || one[key] === other[key]);
}

/**
 * All of the status at once, but for the count of what is unsaved: that is a second behind.
 *
 * Shape: for one subscriber at a time.
 */
export function calmed(source: Observable<Status>): Observable<Status> {
  let shown = source.getSnapshot();
  const getSnapshot = () => {
    const now = source.getSnapshot();
    if (!sameButCount(shown, now)) shown = now;
    return shown;
  };
  return {
    getSnapshot,
    subscribe: (listener) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const count = () => {
        timer = undefined;
        const now = source.getSnapshot();
        if (now.unsaved === shown.unsaved) return;
        shown = now;
        listener();
      };
      const look = () => {
        const before = shown;
        if (getSnapshot() !== before) listener();
        else if (source.getSnapshot().unsaved !== shown.unsaved) {
          timer ??= setTimeout(count, COUNT_MS);
        }
      };
      const stop = source.subscribe(look);
      look();
      return () => {
        clearTimeout(timer);
        stop();
      };
    },
  };
}
