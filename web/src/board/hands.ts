/** Whether somebody does something on this page just now: only then is much worth a look. */
const EVENTS = [
  "pointerdown", "pointerup", "keydown", "keyup", "paste", "cut", "drop", "input", "change",
] as const;

/** What a press sets off may go on for a while, as an undo that fades in. */
const BUSY_MS = 1_500;

export class Hands {
  private lastMs = -Infinity;
  private pressed = false;

  constructor(private readonly nowMs: () => number) {}

  get busy(): boolean {
    return this.pressed || this.nowMs() - this.lastMs < BUSY_MS;
  }

  /** Shape: returns how to stop. */
  watch(target: EventTarget): () => void {
    const seen = (event: Event) => {
      this.lastMs = this.nowMs();
      if (event.type === "pointerdown") this.pressed = true;
      if (event.type === "pointerup") this.pressed = false;
    };
    for (const type of EVENTS) target.addEventListener(type, seen, true);
    return () => {
      for (const type of EVENTS) target.removeEventListener(type, seen, true);
    };
  }
}
