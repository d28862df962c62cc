/** Tells the others where this person looks and points, and knows the same of them. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { Awareness } from "y-protocols/awareness";

import { othersOn, type BoardPerson, SELECTED_MAX } from "./people";
import type { View } from "./binding/follow";

/** Shape: all that is not told is left out. */
export interface Told {
  view?: View | undefined;
  pointer?: { x: number; y: number; tool: "pointer" | "laser" } | undefined;
  down?: boolean;
  selected?: readonly string[];
}

const INTERVAL_MS = 80;

/** Gathers what changed, and tells it at most twelve times a second. */
class Teller {
  private told: Told = {};
  private timer: ReturnType<typeof setTimeout> | null = null;
  private lastMs = 0;

  constructor(
    private readonly awareness: Awareness,
    private readonly person: string,
  ) {}

  tell(change: Told): void {
    this.told = { ...this.told, ...change };
    const wait_ms = this.lastMs + INTERVAL_MS - performance.now();
    this.timer ??= setTimeout(() => this.now(), Math.max(0, wait_ms));
  }

  private now(): void {
    this.timer = null;
    this.lastMs = performance.now();
    const { view, pointer, down, selected } = this.told;
    this.awareness.setLocalStateField("board", {
      person: this.person,
      ...(view && { view }),
      ...(pointer && { pointer, down: down ?? false }),
      selected: selected?.slice(0, SELECTED_MAX) ?? [],
    });
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.awareness.setLocalStateField("board", null);
  }
}

export function usePresence(awareness: Awareness, person: string, active: boolean) {
  const teller = useRef<Teller>(undefined);
  const latest = useRef<Told>({});
  const tell = useCallback((change: Told) => {
    latest.current = { ...latest.current, ...change };
    teller.current?.tell(change);
  }, []);
  useEffect(() => {
    if (!active) return undefined;
    const made = new Teller(awareness, person);
    teller.current = made;
    made.tell(latest.current);
    return () => {
      teller.current = undefined;
      made.stop();
    };
  }, [awareness, person, active]);
  return tell;
}

/** Who else is on the board. */
export interface Other {
  readonly number: number;
  readonly name: string;
  readonly person: string;
}

/**
 * Who else is on the board. Shape: `onChange` is told of every move, once a frame at most; the list
 * that is returned changes only when somebody comes or goes.
 */
export function useOthers(
  awareness: Awareness,
  onChange: (others: readonly BoardPerson[]) => void,
): readonly Other[] {
  const [list, setList] = useState<readonly Other[]>([]);
  useEffect(() => {
    let frame: number | null = null;
    const tell = () => {
      frame = null;
      const others = othersOn(awareness.getStates(), awareness.clientID);
      onChange(others);
      const names = others.map(({ number, name, person }) => ({ number, name, person }));
      setList((before) => (JSON.stringify(before) === JSON.stringify(names) ? before : names));
    };
    const changed = () => {
      frame ??= requestAnimationFrame(tell);
    };
    tell();
    awareness.on("change", changed);
    return () => {
      if (frame !== null) cancelAnimationFrame(frame);
      awareness.off("change", changed);
    };
  }, [awareness, onChange]);
  return list;
}
