import { expect, test } from "vitest";

import { arrowPath, boxOf, filled, placeIn, simplified, strokePath, touches } from "./geometry";
import { PageImages, type Size } from "./images";
import { FADES_AFTER_MS, type Pointers, pointersAfter, pointersAt } from "./pointers";
import {
  FIRST_PLACE,
  findIn,
  leadsBy,
  nearby,
  pageInSight,
  placeAfter,
  swipeOf,
  turnOf,
} from "./turning";
import { sendingsAfter } from "./uploads";

const WIDE = 0.5625;

test("everyone is on the shared page until they turn for themselves, and comes back", () => {
  expect(pageInSight(FIRST_PLACE, 7, null)).toBe(7);
  const away = placeAfter(FIRST_PLACE, { type: "wander", page: 5, shared: 7 });
  expect(pageInSight(away, 8, null)).toBe(5);
  expect(pageInSight(placeAfter(away, { type: "return" }), 8, null)).toBe(8);
  expect(placeAfter(away, { type: "wander", page: 8, shared: 8 }).wandering).toBe(false);
});

test("who turns for everyone is on the wanted page before the log says so", () => {
  expect(pageInSight(FIRST_PLACE, 2, 4)).toBe(4);
});

test("a presenter leads unless somebody else shows the deck", () => {
  expect(leadsBy(true, "", "ada")).toBe(true);
  expect(leadsBy(true, "ada", "ada")).toBe(true);
  expect(leadsBy(true, "pia", "ada")).toBe(false);
  expect(leadsBy(false, "", "bob")).toBe(false);
});

test("keys turn within the deck", () => {
  expect(turnOf("PageDown", 12, 12)).toBe(12);
  expect(turnOf("ArrowLeft", 1, 12)).toBe(1);
  expect(["ArrowRight", "Home", "End", "x"].map((key) => turnOf(key, 3, 12))).toEqual([4, 1, 12, null]);
  expect([turnOf("ArrowLeft", 3, 12, true), turnOf("ArrowRight", 3, 12, true)]).toEqual([4, 2]);
  expect(nearby(1, 2)).toEqual([2]);
});

test("a finger turns when it goes to the side", () => {
  expect([swipeOf(-80, 10, false), swipeOf(80, 10, false), swipeOf(-80, 10, true)]).toEqual([1, -1, -1]);
  expect([swipeOf(-20, 0, false), swipeOf(-80, 70, false)]).toEqual([0, 0]);
});

test("words are found on pages with something around them", () => {
  const texts = ["Welcome", `${"long ".repeat(20)}Budget\nfor 2027 ${"more ".repeat(20)}`];
  const [hit, ...others] = findIn(texts, "budget for");
  expect(others).toEqual([]);
  expect(hit?.page).toBe(2);
  expect(hit?.excerpt).toMatch(/^…long .*Budget for 2027.*…$/u);
  expect(findIn(texts, "  ")).toEqual([]);
});

const at = (...numbers: number[]) =>
  Array.from({ length: numbers.length / 2 }, (_, index) => ({
    x: (numbers[index * 2] ?? 0) / 1_000,
    y: (numbers[index * 2 + 1] ?? 0) / 1_000,
  }));
const place = (x: number, y: number) => ({ x: x / 1_000, y: y / 1_000 });

test("a place on the page is a part of it and never beside it", () => {
  const rect = { left: 100, top: 50, width: 200, height: 100 };
  expect(placeIn(rect, 200, 75)).toEqual({ x: 0.5, y: 0.25 });
  expect(placeIn(rect, 0, 900)).toEqual({ x: 0, y: 1 });
  expect(placeIn({ ...rect, width: 0 }, 1, 1)).toEqual({ x: 0, y: 0 });
});

test("strokes keep their ends and lose what no eye would miss", () => {
  const straight = at(...Array.from({ length: 200 }, (_, index) => [index, 50]).flat());
  expect(simplified(straight, WIDE, 1_000)).toEqual(at(0, 50, 199, 50));
  const wild = at(...Array.from({ length: 900 }, (_, index) => [index, (index % 2) * 900]).flat());
  const kept = simplified(wild, WIDE, 50);
  expect(kept.length).toBeLessThanOrEqual(50);
  expect(kept[0]).toEqual({ x: 0, y: 0 });
  expect(simplified(at(5, 5), WIDE, 10)).toEqual(at(5, 5));
});

test("paths begin and end where the hand did", () => {
  expect(strokePath([], 1)).toBe("");
  expect(strokePath(at(10, 20), 1)).toBe("M10 20h0.1");
  expect(strokePath(at(0, 0, 100, 100, 200, 0), 1)).toBe("M0 0Q100 100 150 50L200 0");
  expect(arrowPath(at(0, 0, 100, 0), 1, 0.002)).toMatch(/^M0 0L100 0M/u);
  expect(boxOf(at(50, 40, 10, 20), 0.5)).toEqual({ x: 10, y: 10, width: 40, height: 10 });
});

test("an eraser takes what it touches: lines, not the room inside a box", () => {
  const box = { tool: "box", points: at(100, 100, 500, 500), width: 0.004, text: "" } as const;
  expect(touches(box, place(100, 300), WIDE, 6)).toBe(true);
  expect(touches(box, place(300, 300), WIDE, 6)).toBe(false);
  expect(touches({ ...box, tool: "ellipse" }, place(500, 300), WIDE, 6)).toBe(true);
  const pen = { tool: "pen", points: at(0, 0, 1_000, 1_000), width: 0.004, text: "" } as const;
  expect(touches(pen, place(500, 500), WIDE, 6)).toBe(true);
  expect(touches(pen, place(500, 900), WIDE, 6)).toBe(false);
  expect(touches({ ...pen, points: at(7, 7) }, place(9, 9), WIDE, 6)).toBe(true);
  const text = { tool: "text", points: at(100, 100), width: 0.03, text: "hello" } as const;
  expect(touches(text, place(140, 120), WIDE, 6)).toBe(true);
  expect(touches(text, place(600, 120), WIDE, 6)).toBe(false);
});

test("a quick eraser leaves no gaps", () => {
  const way = filled(at(300, 100, 300, 400));
  expect(way[0]).toEqual(place(300, 100));
  expect(way.at(-1)).toEqual(place(300, 400));
  const line = { tool: "pen", points: at(100, 250, 500, 250), width: 0.002, text: "" } as const;
  expect(way.some((one) => touches(line, one, WIDE, 4))).toBe(true);
});

test("a pointer moves, is taken away by anything odd, and fades", () => {
  const say = (pointers: Pointers, body: unknown, atMs: number) =>
    pointersAfter(pointers, { number: 4, person: "ada", body }, atMs);
  const first = say([], { deck: "f1", page: 2, x: 0.1, y: 0.2 }, 0);
  const moved = say(first, { deck: "f1", page: 2, x: 0.3, y: 0.2 }, 100);
  expect(moved.map(({ x }) => x)).toEqual([0.3]);
  expect(say(moved, { deck: "f1", page: 2, x: -1, y: 0.2 }, 200)).toEqual([]);
  expect(say(moved, null, 200)).toEqual([]);
  expect(pointersAt(moved, 200)).toBe(moved);
  expect(pointersAt(moved, 100 + FADES_AFTER_MS)).toEqual([]);
});

function images(fetch: (page: number, size: Size) => Promise<Blob>) {
  const gone: string[] = [];
  const waiting: (() => void)[] = [];
  let made = 0;
  const store = new PageImages({
    fetch,
    toUrl: () => `blob:${(made += 1)}`,
    letGo: (url) => gone.push(url),
    after: (_ms, then) => waiting.push(then),
  });
  return { store, gone, retry: () => waiting.splice(0).forEach((then) => then()) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a picture that fails is tried again while somebody looks at it", async () => {
  let fails = true;
  const { store, retry } = images(async () => {
    if (fails) throw new Error("away");
    return new Blob();
  });
  const stop = store.watch(3, "large", () => undefined);
  await settled();
  expect(store.get(3, "large")).toEqual({ url: null, failed: true });
  fails = false;
  retry();
  await settled();
  expect(store.get(3, "large").url).toBe("blob:1");
  stop();
});

test("many pictures are a few requests at once, what is looked at first, and the oldest go", async () => {
  const asked: number[] = [];
  let running = 0;
  let most = 0;
  const { store, gone } = images(async (page) => {
    asked.push(page);
    most = Math.max(most, (running += 1));
    await settled();
    running -= 1;
    return new Blob();
  });
  for (let page = 1; page <= 30; page += 1) store.preload(page, "large");
  store.watch(99, "large", () => undefined);
  for (let turn = 0; turn < 40; turn += 1) await settled();
  expect(most).toBe(4);
  expect(asked.indexOf(99)).toBe(4);
  expect(asked).toHaveLength(31);
  expect(gone.length).toBe(18);
  expect(store.get(99, "large").url).not.toBeNull();
  store.destroy();
  expect(gone.length).toBe(31);
});

test("a file on its way says how far it is, and what became of it", () => {
  const begun = sendingsAfter([], { type: "began", id: 1, name: "talk.pdf", bytes: 100 });
  const half = sendingsAfter(begun, { type: "progress", id: 1, done: 50 });
  expect(half[0]).toMatchObject({ done: 50, phase: "sending" });
  const sent = sendingsAfter(half, { type: "progress", id: 1, done: 100 });
  expect(sent[0]?.phase).toBe("examining");
  const taken = sendingsAfter(sent, { type: "taken", id: 1, file: "9.0" });
  const full = sendingsAfter(taken, { type: "refused", file: "9.0", reason: "A room holds 20." });
  expect(full[0]).toMatchObject({ phase: "failed", message: "A room holds 20." });
  const failure = { code: "no_deck", message: "No." };
  const failed = sendingsAfter(sent, { type: "failed", id: 1, failure });
  expect(failed[0]).toMatchObject({ phase: "failed", code: "no_deck" });
  expect(sendingsAfter(failed, { type: "gone", id: 1 })).toEqual([]);
  expect(sendingsAfter(sent, { type: "failed", id: 1, failure: { code: "aborted" } })).toEqual([]);
});
