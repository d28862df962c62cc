/**
 * Keeps a session in the browser: its token and every operation whose outcome is not known.
 *
 * Each session has a slot, held by one tab at a time through a Web Lock; a slot that a closed tab
 * left behind is taken up by the next tab of the room. Without Web Locks (plain http on an address
 * other than localhost) a session lives in its tab's `sessionStorage` only. Everything is written
 * before it is sent, synchronously, so closing the tab right after typing loses nothing. What
 * cannot be written stays in memory and is told.
 */
import { SESSION_LIFETIME_MS } from "./generated/limits.gen";
import { parseMeta, parseRecord, type SlotMeta, writeMeta, writeRecord } from "./kept";
import type { Credentials, OutboxRecord } from "./session";
import { holdSlot, type Locks, probeTab } from "./slots";

export interface StorageHealth {
  /** False: closing the tab loses what is not saved. */
  readonly kept: boolean;
  readonly reason: string | null;
}

/** What of `Storage` is used. */
export type KeyValues = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export interface StoreOptions {
  /** Shared by all tabs; null when the browser gives none. */
  readonly local: KeyValues | null;
  /** Of this tab alone. */
  readonly tab: KeyValues | null;
  readonly locks: Locks | null;
  readonly random: () => string;
  readonly nowMs: () => number;
}

const PREFIX = "folkmoot:1:";
const UNREADABLE_KEY = "folkmoot:unreadable";

const FULL =
  "This browser has no room left to keep unsent work. Keep this tab open until it is saved.";
const DAMAGED = "Something kept in this browser could not be read and was put aside.";
const NONE = "This browser keeps nothing. Keep this tab open until everything is saved.";

function keysOf(storage: KeyValues, prefix: string): string[] {
  const keys: string[] = [];
  for (let index = 0; index < storage.length; index += 1) {
    const key = storage.key(index);
    if (key?.startsWith(prefix)) keys.push(key);
  }
  return keys.sort();
}

/** One session's place in the browser. */
export class Slot {
  health: StorageHealth;
  meta: SlotMeta | null = null;
  readonly records: OutboxRecord[] = [];
  /** What could not be written, by key, to be tried again when there is room. */
  private readonly unkept = new Map<string, string>();
  private readonly prefix: string;
  private nextId = 1;

  constructor(
    readonly room: string,
    readonly id: string,
    private readonly storage: KeyValues | null,
    private readonly free: () => void,
  ) {
    this.prefix = `${PREFIX}${room}:${id}`;
    this.health = storage === null ? { kept: false, reason: NONE } : { kept: true, reason: null };
    if (storage !== null) this.load(storage);
  }

  private load(storage: KeyValues): void {
    const raw = storage.getItem(this.prefix);
    this.meta = raw === null ? null : parseMeta(raw);
    if (raw !== null && this.meta === null) this.putAside(this.prefix, raw);
    for (const key of keysOf(storage, `${this.prefix}:`)) {
      const text = storage.getItem(key) ?? "";
      const record = parseRecord(text);
      if (record === null) this.putAside(key, text);
      else this.records.push(record);
      const number = Number(key.split(":").pop());
      if (number >= this.nextId) this.nextId = number + 1;
    }
  }

  private putAside(key: string, raw: string): void {
    this.health = { kept: this.health.kept, reason: DAMAGED };
    this.remove(key);
    this.write(UNREADABLE_KEY, raw);
  }

  /** An id for the next operation: sorts behind all before it. */
  newId(): string {
    const id = String(this.nextId).padStart(12, "0");
    this.nextId += 1;
    return id;
  }

  keep(record: OutboxRecord): void {
    this.write(`${this.prefix}:${record.id}`, writeRecord(record));
  }

  forget(id: string): void {
    this.remove(`${this.prefix}:${id}`);
    for (const [key, text] of this.unkept) {
      if (!this.write(key, text)) break;
    }
  }

  keepMeta(meta: SlotMeta): void {
    this.meta = meta;
    this.write(this.prefix, writeMeta(meta));
  }

  keepCredentials(credentials: Credentials | null, nowMs: number): void {
    if (this.meta !== null) this.keepMeta({ ...this.meta, credentials, usedMs: nowMs });
  }

  /** Lets another tab take the session up. */
  release(): void {
    this.free();
  }

  /** The session is over: nothing is kept of it. */
  destroy(): void {
    if (this.storage !== null) {
      for (const key of [this.prefix, ...keysOf(this.storage, `${this.prefix}:`)]) this.remove(key);
    }
    this.free();
  }

  private write(key: string, text: string): boolean {
    if (this.storage === null) return false;
    try {
      this.storage.setItem(key, text);
      this.unkept.delete(key);
    } catch {
      // An older version of it would be worse than none: its counter may have changed.
      this.remove(key);
      this.unkept.set(key, text);
    }
    this.judge();
    return !this.unkept.has(key);
  }

  private remove(key: string): void {
    try {
      this.storage?.removeItem(key);
    } catch {
      // A storage that refuses this was refused before: `health` says so already.
    }
    this.unkept.delete(key);
    this.judge();
  }

  private judge(): void {
    if (this.storage === null) return;
    const kept = this.unkept.size === 0;
    if (kept === this.health.kept) return;
    this.health = { kept, reason: kept ? null : FULL };
  }
}

function slotIds(storage: KeyValues, room: string): string[] {
  const prefix = `${PREFIX}${room}:`;
  const ids = keysOf(storage, prefix).map((key) => key.slice(prefix.length).split(":")[0] ?? "");
  return [...new Set(ids)];
}

export interface Kept {
  readonly id: string;
  readonly meta: SlotMeta | null;
  readonly unsent: number;
}

/** The room's slots in this browser, the last used first; those that are long over are removed. */
export function keptSlots(options: StoreOptions, room: string): Kept[] {
  const storage = options.local;
  if (storage === null) return [];
  const slots: Kept[] = [];
  for (const id of slotIds(storage, room)) {
    const raw = storage.getItem(`${PREFIX}${room}:${id}`);
    const meta = raw === null ? null : parseMeta(raw);
    const unsent = keysOf(storage, `${PREFIX}${room}:${id}:`).length;
    const over = (meta?.usedMs ?? 0) + SESSION_LIFETIME_MS < options.nowMs();
    if (over && unsent === 0) storage.removeItem(`${PREFIX}${room}:${id}`);
    else slots.push({ id, meta, unsent });
  }
  return slots.sort((a, b) => (b.meta?.usedMs ?? 0) - (a.meta?.usedMs ?? 0));
}

function tabKey(room: string): string {
  return `folkmoot:tab:${room}`;
}

function fits(meta: SlotMeta | null, key: string | undefined): boolean {
  return meta === null || meta.key === (key ?? null);
}

/** How long a reloaded tab waits for its predecessor to let go. */
const RELOAD_WAIT_MS = 500;

/** Takes up this tab's session, one that was left behind, or a new slot. */
export async function openSlot(
  options: StoreOptions,
  room: string,
  key: string | undefined,
): Promise<Slot> {
  const own = readTab(options, room);
  if (options.locks === null || options.local === null) return tabSlot(options, room, own);
  const slots = keptSlots(options, room).filter((slot) => fits(slot.meta, key));
  const mine = slots.find((slot) => slot.id === own);
  for (const slot of mine === undefined ? slots : [mine, ...slots.filter((s) => s !== mine)]) {
    const slotOpened = await takeSlot(options, room, slot.id, slot === mine ? RELOAD_WAIT_MS : 0);
    if (slotOpened !== null) return remember(options, slotOpened);
  }
  const fresh = await takeSlot(options, room, options.random(), 0);
  return remember(options, fresh ?? new Slot(room, options.random(), null, () => undefined));
}

/** The slot, held by this tab, or null when another tab holds it. */
export async function takeSlot(
  options: StoreOptions,
  room: string,
  id: string,
  waitMs: number,
): Promise<Slot | null> {
  if (options.locks === null) return null;
  const free = await holdSlot(options.locks, id, waitMs);
  return free === null ? null : new Slot(room, id, options.local, free);
}

async function tabSlot(options: StoreOptions, room: string, own: string | null): Promise<Slot> {
  // A duplicated tab has a copy of the other's `sessionStorage`, and must not speak for it.
  const taken = own !== null && (await probeTab(own));
  const id = own === null || taken ? options.random() : own;
  const slot = new Slot(room, id, options.tab, answerProbes(id));
  return remember(options, slot);
}

function answerProbes(id: string): () => void {
  return probeTab.answer(id);
}

function readTab(options: StoreOptions, room: string): string | null {
  try {
    return options.tab?.getItem(tabKey(room)) ?? null;
  } catch {
    return null;
  }
}

function remember(options: StoreOptions, slot: Slot): Slot {
  try {
    options.tab?.setItem(tabKey(slot.room), slot.id);
  } catch {
    // Then a reload takes up whichever session of the room is free.
  }
  return slot;
}

/** What `openSlot` would take up, without taking it. */
export async function peekSlot(
  options: StoreOptions,
  room: string,
  key: string | undefined,
): Promise<{ name: string; unsent: number } | null> {
  const own = readTab(options, room);
  if (options.locks === null || options.local === null) {
    if (own === null || options.tab === null) return null;
    const { meta, records } = new Slot(room, own, options.tab, () => undefined);
    return meta === null || !fits(meta, key) ? null : { name: meta.name, unsent: records.length };
  }
  const held = await options.locks.held();
  for (const { id, meta, unsent } of keptSlots(options, room)) {
    if (meta !== null && fits(meta, key) && !held.has(id)) return { name: meta.name, unsent };
  }
  return null;
}
