import type { Status } from "@folkmoot/client";
import { expect, test, vi } from "vitest";

import { CONNECTED } from "../testing/status";
import { cell } from "../testing/talk";
import { calmed, COUNT_MS } from "./calm";

test("keys that are saved at once tell nobody, and all else is told at once", () => {
  vi.useFakeTimers();
  const source = cell<Status>(CONNECTED);
  const calm = calmed(source);
  const told = vi.fn();
  const stop = calm.subscribe(told);
  const status = calm.getSnapshot();
  for (let key = 0; key < 50; key += 1) {
    source.set({ ...CONNECTED, unsaved: 1 });
    source.set({ ...CONNECTED });
  }
  vi.advanceTimersByTime(COUNT_MS);
  expect(told).not.toHaveBeenCalled();
  expect(calm.getSnapshot()).toBe(status);
  source.set({ ...CONNECTED, unsaved: 3, savingPaused: true });
  expect(told).toHaveBeenCalledOnce();
  expect(calm.getSnapshot()).toMatchObject({ unsaved: 3, savingPaused: true });
  vi.useRealTimers();
  stop();
});

test("what stays unsaved is told a moment later, and nothing after the end", () => {
  vi.useFakeTimers();
  const source = cell<Status>(CONNECTED);
  const calm = calmed(source);
  const told = vi.fn();
  const stop = calm.subscribe(told);
  source.set({ ...CONNECTED, unsaved: 1 });
  source.set({ ...CONNECTED, unsaved: 2 });
  expect(calm.getSnapshot().unsaved).toBe(0);
  vi.advanceTimersByTime(COUNT_MS);
  expect(told).toHaveBeenCalledOnce();
  expect(calm.getSnapshot().unsaved).toBe(2);
  source.set({ ...CONNECTED, unsaved: 5 });
  stop();
  vi.advanceTimersByTime(COUNT_MS);
  expect(told).toHaveBeenCalledOnce();
  vi.useRealTimers();
});
