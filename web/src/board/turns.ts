/** Time and frames of a browser. */
import type { Turns } from "./binding/binding";

/** A page that is not in sight has no frames. */
const UNSEEN_MS = 250;

export const browserTurns: Turns = {
  nowMs: () => performance.now(),
  later(delay_ms, what) {
    const timer = setTimeout(what, delay_ms);
    return () => clearTimeout(timer);
  },
  frame(what) {
    if (document.hidden) return browserTurns.later(UNSEEN_MS, what);
    let done = false;
    const once = () => {
      if (done) return;
      done = true;
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      what();
    };
    const frame = requestAnimationFrame(once);
    const timer = setTimeout(once, UNSEEN_MS); // frames may end while it waits
    return () => {
      done = true;
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  },
};
