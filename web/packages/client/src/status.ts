/** What the page shows of the connection, and what a person must be told. */
import { Cell } from "./observable";
import type { StorageHealth } from "./store";

export type Phase = "connecting" | "connected" | "reconnecting" | "closed";

export interface Status {
  readonly phase: Phase;
  /** Such as "collaboration-1". */
  readonly server: string | null;
  /** Why it is reconnecting or closed: a sentence. */
  readonly reason: { readonly code: string; readonly message: string } | null;
  /** Connected, but commits do not get through just now. */
  readonly savingPaused: boolean;
  /** For a moment after a reconnect that took long enough to be seen. */
  readonly justReconnected: boolean;
  /** Operations whose outcome is not known. */
  readonly unsaved: number;
  readonly person: string | null;
  /** Own session number. */
  readonly number: number | null;
  /** Own name as asked for. */
  readonly name: string;
  readonly storage: StorageHealth;
}

export const FIRST_STATUS: Status = {
  phase: "connecting",
  server: null,
  reason: null,
  savingPaused: false,
  justReconnected: false,
  unsaved: 0,
  person: null,
  number: null,
  name: "",
  storage: { kept: true, reason: null },
};

export const JUST_RECONNECTED_MS = 3_000;

/** Going over to a connection that waited takes less: it needs no word, before or after. */
export const BRIEF_MS = 250;

export class StatusBoard {
  readonly cell: Cell<Status>;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private wasConnected = false;
  private lostMs = 0;

  constructor(first: Status) {
    this.cell = new Cell(first);
  }

  set(change: Partial<Status>): void {
    const before = this.cell.getSnapshot();
    const after = { ...before, ...change };
    const keys = Object.keys(change) as (keyof Status)[];
    if (keys.some((key) => after[key] !== before[key])) this.cell.set(after);
  }

  /** Shape: `moved` came over from another server that served until then: nothing to tell. */
  connected(server: string, person: string, number: number, moved = false): void {
    const already = this.cell.getSnapshot().phase === "connected";
    const brief = performance.now() - this.lostMs < BRIEF_MS;
    const justReconnected = this.wasConnected && !moved && !already && !brief;
    this.wasConnected = true;
    const reason = null;
    this.set({ phase: "connected", server, person, number, reason, savingPaused: false });
    if (!justReconnected) return;
    this.set({ justReconnected });
    this.clear();
    this.timer = setTimeout(() => this.set({ justReconnected: false }), JUST_RECONNECTED_MS);
  }

  reconnecting(code: string, message: string): void {
    const phase = this.wasConnected ? "reconnecting" : "connecting";
    if (this.cell.getSnapshot().phase === "connected") this.lostMs = performance.now();
    this.set({ phase, server: null, reason: { code, message }, justReconnected: false });
  }

  waking(known: boolean): void {
    if (this.cell.getSnapshot().phase !== "closed") return;
    this.set({ phase: known ? "reconnecting" : "connecting", reason: null });
  }

  closed(code: string, message: string): void {
    this.set({ phase: "closed", server: null, reason: { code, message }, justReconnected: false });
  }

  destroy(): void {
    this.clear();
  }

  private clear(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

export interface Notice {
  readonly id: string;
  readonly code: string;
  readonly message: string;
  readonly document: string | null;
  /** Text that was not taken. */
  readonly text: string | null;
}

const NOTICES_MAX = 50;

export class Notices {
  readonly cell = new Cell<readonly Notice[]>([]);
  private last = 0;

  add(notice: Omit<Notice, "id">): void {
    this.last += 1;
    const id = String(this.last);
    this.cell.set([...this.cell.getSnapshot(), { ...notice, id }].slice(-NOTICES_MAX));
  }

  dismiss(id: string): void {
    this.cell.set(this.cell.getSnapshot().filter((notice) => notice.id !== id));
  }
}
