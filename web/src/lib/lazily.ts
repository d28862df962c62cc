/** Loads a part of the page when it is needed, and tries again while a web server is away. */
import { lazy, type ComponentType, type LazyExoticComponent } from "react";

const WAITS_MS = [300, 1_000, 3_000, 8_000];

interface Part<P> {
  default: ComponentType<P>;
}

/** Errors: as `load` at its last try, after some twelve seconds. */
export async function patiently<T>(load: () => Promise<T>): Promise<T> {
  for (const wait_ms of WAITS_MS) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, wait_ms));
    }
  }
  return load();
}

export function lazily<P>(load: () => Promise<Part<P>>): LazyExoticComponent<ComponentType<P>> {
  return lazy(() => patiently(load));
}

/** Fetches a part while nothing else is to do, so that it is there when no server answers. */
export function fetchIdly(load: () => Promise<unknown>): () => void {
  const fetchNow = () => void load().catch(() => undefined);
  if (typeof requestIdleCallback === "undefined") {
    const timer = setTimeout(fetchNow, 2_000);
    return () => clearTimeout(timer);
  }
  const turn = requestIdleCallback(fetchNow, { timeout: 10_000 });
  return () => cancelIdleCallback(turn);
}
