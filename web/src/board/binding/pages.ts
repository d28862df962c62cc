/**
 * The pages of a board: a Yjs map with a key for each property, so that who renames a page and who
 * moves it meanwhile do not undo each other. Pure but for Yjs.
 *
 * A page that was removed can be brought back for a day; then whoever opens the board empties it.
 */
import { generateKeyBetween, generateNKeysBetween } from "fractional-indexing";
import * as Y from "yjs";

import { bytesOf } from "./element";

/** Every board has this page, though nobody made it: so two people cannot make it at once. */
export const FIRST_PAGE = "1";
const FIRST_ORDER = "a0";
export const PAGES_MAX = 50;
export const PAGE_NAME_CHARACTERS_MAX = 60;
const KEPT_MS = 24 * 3600 * 1000;
/** Entries of one transaction while a page is copied; an operation holds 128 KB. */
export const TRANSACTION_BYTES_MAX = 32 * 1024;

export interface Page {
  readonly id: string;
  /** Empty: it is called by its number. */
  readonly name: string;
  readonly order: string;
  /** When it was removed, in milliseconds since 1970; null while it is there. */
  readonly removedMs: number | null;
}

export interface PageList {
  /** Those that are there, in order; never empty. */
  readonly pages: readonly Page[];
  /** Those that can be brought back, the last removed first. */
  readonly removed: readonly Page[];
}

export function pagesOf(ydoc: Y.Doc): Y.Map<unknown> {
  return ydoc.getMap("pages");
}

export function elementsOf(ydoc: Y.Doc, page: string): Y.Array<unknown> {
  return ydoc.getArray(`page/${page}`);
}

function before(a: Page, b: Page): number {
  const [left, right] = a.order === b.order ? [a.id, b.id] : [a.order, b.order];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function listPages(map: Y.Map<unknown>): PageList {
  const ids = new Set([FIRST_PAGE]);
  for (const key of map.keys()) {
    if (key.endsWith("/order")) ids.add(key.slice(0, -"/order".length));
  }
  const all = [...ids].map((id) => pageOf(map, id)).toSorted(before);
  const pages = all.filter((page) => page.removedMs === null);
  const removed = all.filter((page) => page.removedMs !== null);
  removed.sort((a, b) => (b.removedMs ?? 0) - (a.removedMs ?? 0));
  // Two people may remove the last two pages at once.
  const left = pages.length === 0 ? removed.shift() : undefined;
  return { pages: left === undefined ? pages : [left], removed };
}

function pageOf(map: Y.Map<unknown>, id: string): Page {
  const [name, order, removed] = [`${id}/name`, `${id}/order`, `${id}/removed`].map((key) =>
    map.get(key),
  );
  return {
    id,
    name: typeof name === "string" ? name.slice(0, PAGE_NAME_CHARACTERS_MAX) : "",
    order: typeof order === "string" && order !== "" ? order : FIRST_ORDER,
    removedMs: typeof removed === "number" ? removed : null,
  };
}

export class Pages {
  constructor(private readonly ydoc: Y.Doc) {}

  private get map(): Y.Map<unknown> {
    return pagesOf(this.ydoc);
  }

  list(): PageList {
    return listPages(this.map);
  }

  get full(): boolean {
    const { pages, removed } = this.list();
    return pages.length + removed.length >= PAGES_MAX;
  }

  /** Adds an empty page after another. Caller: `id` is new and random; not when `full`. */
  add(id: string, after: string, name = ""): void {
    this.ydoc.transact(() => {
      const { pages } = this.list();
      const at = pages.findIndex((page) => page.id === after);
      this.place(id, pages, at < 0 ? pages.length : at + 1);
      if (name !== "") this.rename(id, name);
    });
  }

  rename(id: string, name: string): void {
    this.map.set(`${id}/name`, name.trim().slice(0, PAGE_NAME_CHARACTERS_MAX));
    if (!this.map.has(`${id}/order`)) this.map.set(`${id}/order`, pageOf(this.map, id).order);
  }

  /** Moves a page so that it is the `to`th of those that are there. */
  move(id: string, to: number): void {
    const rest = this.list().pages.filter((page) => page.id !== id);
    this.ydoc.transact(() => this.place(id, rest, Math.max(0, Math.min(to, rest.length))));
  }

  /** Between the pages before and after place `at` of `others`. */
  private place(id: string, others: readonly Page[], at: number): void {
    const [left, right] = [others[at - 1], others[at]];
    if (left !== undefined && right !== undefined && left.order >= right.order) {
      // Two were put in the same place at once: give all of them places of their own.
      const ids = others.map((page) => page.id).toSpliced(at, 0, id);
      generateNKeysBetween(null, null, ids.length).forEach((order, n) => {
        this.map.set(`${ids[n] ?? id}/order`, order);
      });
      return;
    }
    this.map.set(`${id}/order`, orderBetween(left?.order ?? null, right?.order ?? null));
  }

  /** The last page stays. Units: `nowMs` since 1970. */
  remove(id: string, nowMs: number): boolean {
    if (this.list().pages.length < 2) return false;
    this.ydoc.transact(() => {
      if (!this.map.has(`${id}/order`)) this.map.set(`${id}/order`, FIRST_ORDER);
      this.map.set(`${id}/removed`, nowMs);
    });
    return true;
  }

  restore(id: string): void {
    this.map.delete(`${id}/removed`);
  }

  /** Copies a page behind itself. Caller: `id` is new and random; not when `full`. */
  duplicate(from: string, id: string, name: string): void {
    this.add(id, from, name);
    const copy = elementsOf(this.ydoc, id);
    let chunk: unknown[] = [];
    let bytes = 0;
    for (const entry of elementsOf(this.ydoc, from).toArray()) {
      chunk.push(entry);
      bytes += bytesOf(entry);
      if (bytes < TRANSACTION_BYTES_MAX) continue;
      copy.push(chunk);
      chunk = [];
      bytes = 0;
    }
    if (chunk.length > 0) copy.push(chunk);
  }

  /** Empties what was removed more than a day ago. */
  purge(nowMs: number): void {
    for (const { id, removedMs } of this.list().removed) {
      if (removedMs === null || nowMs - removedMs < KEPT_MS) continue;
      const elements = elementsOf(this.ydoc, id);
      this.ydoc.transact(() => {
        elements.delete(0, elements.length);
        for (const key of ["name", "order", "removed"]) {
          if (id !== FIRST_PAGE) this.map.delete(`${id}/${key}`);
        }
      });
    }
  }
}

/** Others may have written an order that is none. */
function orderBetween(left: string | null, right: string | null): string {
  try {
    return generateKeyBetween(left, right);
  } catch {
    return generateKeyBetween(null, null);
  }
}
