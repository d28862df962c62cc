import fc from "fast-check";
import { expect, test } from "vitest";
import * as Y from "yjs";

import { elementsOf, FIRST_PAGE, listPages, PAGES_MAX, Pages, pagesOf } from "./pages";

const DAY_MS = 24 * 3600 * 1000;

function board() {
  const ydoc = new Y.Doc();
  return { ydoc, pages: new Pages(ydoc), ids: () => listPages(pagesOf(ydoc)).pages.map((p) => p.id) };
}

function join(a: Y.Doc, b: Y.Doc): void {
  Y.applyUpdate(a, Y.encodeStateAsUpdate(b));
  Y.applyUpdate(b, Y.encodeStateAsUpdate(a));
}

test("a new board has one page, without anybody having made it", () => {
  const { ydoc, ids } = board();
  expect(ids()).toEqual([FIRST_PAGE]);
  expect(Y.encodeStateAsUpdate(ydoc)).toHaveLength(2);
});

test("pages are added after another, renamed, moved", () => {
  const { pages, ids } = board();
  pages.add("x", FIRST_PAGE);
  pages.add("y", FIRST_PAGE);
  expect(ids()).toEqual([FIRST_PAGE, "y", "x"]);
  pages.move("x", 0);
  expect(ids()).toEqual(["x", FIRST_PAGE, "y"]);
  pages.move(FIRST_PAGE, 2);
  expect(ids()).toEqual(["x", "y", FIRST_PAGE]);
  pages.rename(FIRST_PAGE, "  Ideas ");
  expect(pages.list().pages.at(-1)?.name).toBe("Ideas");
});

test("the last page stays; a removed one comes back with its elements", () => {
  const { ydoc, pages, ids } = board();
  expect(pages.remove(FIRST_PAGE, 1)).toBe(false);
  pages.add("x", FIRST_PAGE);
  elementsOf(ydoc, "x").push([{ id: "e" }]);
  expect(pages.remove("x", 5)).toBe(true);
  expect(ids()).toEqual([FIRST_PAGE]);
  expect(pages.list().removed.map((page) => page.id)).toEqual(["x"]);
  pages.purge(5 + DAY_MS - 1);
  pages.restore("x");
  expect(ids()).toEqual([FIRST_PAGE, "x"]);
  expect(elementsOf(ydoc, "x")).toHaveLength(1);
});

test("what was removed more than a day ago is emptied", () => {
  const { ydoc, pages } = board();
  pages.add("x", FIRST_PAGE);
  for (let n = 0; n < 500; n += 1) elementsOf(ydoc, "x").push([{ id: `e${n}`, text: "much" }]);
  const large = Y.encodeStateAsUpdate(ydoc).length;
  pages.remove("x", 5);
  pages.purge(5 + DAY_MS);
  expect(pages.list().removed).toEqual([]);
  expect(Y.encodeStateAsUpdate(ydoc).length).toBeLessThan(large / 50);
});

test("two who remove the last two pages at once leave one", () => {
  const [ada, ben] = [board(), board()];
  ada.pages.add("x", FIRST_PAGE);
  join(ada.ydoc, ben.ydoc);
  ada.pages.remove(FIRST_PAGE, 10);
  ben.pages.remove("x", 20);
  join(ada.ydoc, ben.ydoc);
  expect(ada.ids()).toEqual(["x"]);
  expect(ben.ids()).toEqual(["x"]);
});

test("one renames and another moves a page, and both take effect", () => {
  const [ada, ben] = [board(), board()];
  ada.pages.add("x", FIRST_PAGE);
  join(ada.ydoc, ben.ydoc);
  ada.pages.rename("x", "Plan");
  ben.pages.move("x", 0);
  join(ada.ydoc, ben.ydoc);
  expect(ada.pages.list().pages.map((page) => page.name)).toEqual(["Plan", ""]);
});

test("a copy has the same elements, and is its own", () => {
  const { ydoc, pages, ids } = board();
  for (let n = 0; n < 300; n += 1) {
    elementsOf(ydoc, FIRST_PAGE).push([{ id: `e${n}`, text: "x".repeat(300) }]);
  }
  const sizes: number[] = [];
  ydoc.on("update", (update: Uint8Array) => sizes.push(update.length));
  pages.duplicate(FIRST_PAGE, "copy", "Again");
  expect(ids()).toEqual([FIRST_PAGE, "copy"]);
  expect(elementsOf(ydoc, "copy").toArray()).toEqual(elementsOf(ydoc, FIRST_PAGE).toArray());
  expect(Math.max(...sizes)).toBeLessThan(64 * 1024);
});

test("whatever people do at once to the pages, all see the same order", () => {
  const act = fc.record({
    who: fc.nat(1),
    kind: fc.constantFrom("add", "move", "remove", "restore", "rename", "join"),
    at: fc.nat(6),
    to: fc.nat(6),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const both = [board(), board()];
      let n = 0;
      for (const { who, kind, at, to } of acts) {
        const one = both[who];
        if (one === undefined) continue;
        const { pages, removed } = one.pages.list();
        const id = pages[at % pages.length]?.id ?? FIRST_PAGE;
        n += 1;
        if (kind === "add" && !one.pages.full) one.pages.add(`p${who}${n}`, id);
        else if (kind === "move") one.pages.move(id, to);
        else if (kind === "remove") one.pages.remove(id, n);
        else if (kind === "restore" && removed[0]) one.pages.restore(removed[0].id);
        else if (kind === "rename") one.pages.rename(id, `n${n}`);
        else if (both[0] && both[1]) join(both[0].ydoc, both[1].ydoc);
      }
      if (both[0] && both[1]) join(both[0].ydoc, both[1].ydoc);
      expect(both[0]?.pages.list()).toEqual(both[1]?.pages.list());
      expect(both[0]?.ids().length).toBeGreaterThan(0);
    }),
  );
});

test("a page moves to exactly the place that was asked for", () => {
  const moves = fc.array(fc.record({ from: fc.nat(9), to: fc.nat(9) }), { maxLength: 30 });
  fc.assert(
    fc.property(moves, (all) => {
      const { pages, ids } = board();
      for (let n = 0; n < 9; n += 1) pages.add(`p${n}`, FIRST_PAGE);
      for (const { from, to } of all) {
        const id = ids()[from] ?? FIRST_PAGE;
        pages.move(id, to);
        expect(ids()[to]).toBe(id);
      }
    }),
  );
  const { pages } = board();
  for (let n = 1; n < PAGES_MAX; n += 1) pages.add(`p${n}`, FIRST_PAGE);
  expect(pages.full).toBe(true);
});
