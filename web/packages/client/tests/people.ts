/** People with browsers in a zone, for tests. */
import { afterEach, vi } from "vitest";
import * as Y from "yjs";

import type { Conference } from "../src/conference";
import { connect, type ConnectOptions } from "../src/connect";
import type { DocumentHandle } from "../src/documents";
import { MemoryLocks, MemoryStorage } from "./browser";
import type { Zone } from "./zone";

const open = new Set<Conference>();

afterEach(() => {
  for (const conference of open) conference.close();
  open.clear();
});

/** What the tabs of one browser share. */
export class Browser {
  readonly local = new MemoryStorage();
  readonly locks = new MemoryLocks();

  constructor(private readonly zone: Zone) {}

  /** Opens the room in a tab. Shape: the same `tab` storage is the same tab, reloaded. */
  async visit(
    name: string,
    more: Partial<ConnectOptions> = {},
    tab = new MemoryStorage(),
  ): Promise<Conference> {
    const conference = await connect({
      slug: "room",
      name,
      baseUrl: "http://zone.test",
      storage: { local: this.local, tab },
      locks: this.locks,
      webSocket: this.zone.openSocket,
      fetch: this.zone.fetch,
      random: () => 0,
      ...more,
    });
    open.add(conference);
    return conference;
  }
}

export async function connected(conference: Conference): Promise<Conference> {
  await until(() => conference.status.getSnapshot().phase === "connected");
  return conference;
}

export function until(condition: () => boolean): Promise<void> {
  return vi.waitFor(
    () => {
      if (!condition()) throw new Error(`not yet: ${condition.toString()}`);
    },
    { timeout: 15_000, interval: 2 },
  );
}

export async function ready(handle: DocumentHandle): Promise<Y.Doc> {
  await until(() => handle.getSnapshot().state === "ready");
  return docOf(handle);
}

export function docOf(handle: DocumentHandle): Y.Doc {
  const { ydoc } = handle.getSnapshot();
  if (ydoc === null) throw new Error("not loaded");
  return ydoc;
}

export function textIn(handle: DocumentHandle): Y.Text {
  return docOf(handle).getText("content");
}

export function saved(...handles: readonly DocumentHandle[]): Promise<void> {
  return until(() => handles.every((handle) => handle.getSnapshot().saved));
}
