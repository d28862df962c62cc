import { expect, test } from "vitest";

import { draftsAfter, draftsAt, NO_DRAFTS } from "../src/apps/slideDrafts";
import { decksAfter, decksOfView, NO_DECKS, packPoints } from "../src/apps/slides";
import { Decks, type DecksHost } from "../src/decks";
import type { Event } from "../src/generated/frames.gen";
import type { OperationView } from "../src/operations";

const HOST: DecksHost = {
  submit: () => expect.unreachable(),
  sendLive: () => expect.unreachable(),
  self: () => "me",
  get: () => expect.unreachable(),
  fetch: () => expect.unreachable(),
  origins: () => ["http://one", "http://two"],
  random: () => 0,
  nowMs: () => 0,
};

function event(type: string, body: unknown): Event {
  return { index: 0, app: "slides", type, author: "p1", number: 1, counter: 1, body };
}

const DECK = {
  deck: "f1", title: "Talk", person: "p1", added_ms: 5, bytes: 9, type: "application/pdf",
  phase: "converting", step: "drawing", reason: "", ready: 1, pages: 2, page: 1,
};
const OPENED = { ...DECK, sizes: [1920, 1080, 1920, 2715], marks: [] };
const POINTS = [{ x: 0, y: 1 }, { x: 0.25, y: 0.5 }];
const MARK = {
  deck: "f1", page: 1, mark: "m1", person: "p1", tool: "pen", points: packPoints(POINTS),
  colour: "#ff0000", width: 30,
};

test("a deck is opened, drawn on, turned, noted and removed", () => {
  let decks = decksAfter(NO_DECKS, event("opened", OPENED));
  expect(decks[0]).toMatchObject({ id: "f1", ready: 1, pages: [{ height: 1080 }, { height: 2715 }] });
  decks = decksAfter(decks, event("marked", MARK));
  expect(decks[0]?.marks[0]).toMatchObject({ id: "m1", points: POINTS, width: 0.003, pending: false });
  decks = decksAfter(decks, event("noted", { deck: "f1", notes: [{ page: 2, text: "Smile." }] }));
  decks = decksAfter(decks, event("turned", { deck: "f1", page: 2 }));
  decks = decksAfter(decks, event("changed", { ...DECK, phase: "ready", ready: 2, page: 2 }));
  expect(decks[0]).toMatchObject({ phase: "ready", page: 2, ready: 2 });
  expect(decks[0]?.marks.length).toBe(1);
  expect(decks[0]?.notes).toEqual(new Map([[2, "Smile."]]));
  decks = decksAfter(decks, event("noted", { deck: "f1", notes: [{ page: 2, text: "" }] }));
  expect(decks[0]?.notes.size).toBe(0);
  decks = decksAfter(decks, event("unmarked", { deck: "f1", page: 2, marks: ["m1"] }));
  expect(decks[0]?.marks.length).toBe(1);
  decks = decksAfter(decks, event("unmarked", { deck: "f1", page: 1, marks: ["m1"] }));
  expect(decks[0]?.marks).toEqual([]);
  expect(decksAfter(decks, event("removed", { deck: "f1" }))).toEqual([]);
});

test("a view is read, and what is no deck or no mark is left out", () => {
  const view = { decks: [{ ...OPENED, marks: [MARK, { ...MARK, tool: "spray" }] }, { deck: 7 }] };
  const decks = decksOfView(view);
  expect(decks.map(({ id, marks }) => [id, marks.length])).toEqual([["f1", 1]]);
  expect(decksOfView(null)).toBe(NO_DECKS);
});

test("what is sent and what others draw is shown before it is confirmed", () => {
  const decks = new Decks(HOST);
  decks.replaced({ decks: [OPENED] });
  const sent = (type: string, body: unknown): OperationView => ({
    id: type, app: "slides", type, body, atMs: 0, state: "sending", code: null, message: null,
  });
  const other = { ...event("marked", { ...MARK, mark: "o1", person: "p2" }), author: "p2", atMs: 0 };
  decks.settle([sent("mark", MARK), sent("turn", { deck: "f1", page: 2 })], [other]);
  const [shown] = decks.list.getSnapshot();
  expect(shown?.marks.map(({ id, pending }) => [id, pending])).toEqual([["o1", true], ["m1", true]]);
  expect(shown?.page).toBe(2);
  decks.settle([sent("mark", MARK), sent("clear", { deck: "f1", page: 1, own: false })], [other]);
  expect(decks.list.getSnapshot()[0]?.marks).toEqual([]);
  decks.followed(event("marked", MARK));
  decks.settle([], []);
  expect(decks.list.getSnapshot()[0]?.marks.map(({ pending }) => pending)).toEqual([false]);
});

test("points lie on their page whatever is given", () => {
  const packed = packPoints([{ x: -1, y: 2 }]);
  expect([...packed]).toEqual([0, 0, 0x27, 0x10]);
});

test("an upload that found no place is told", () => {
  const decks = new Decks(HOST);
  const told: string[] = [];
  decks.onRefused(({ title, reason }) => void told.push(`${title}: ${reason}`));
  decks.followed(event("refused", { file: "f1", title: "Talk", reason: "Full." }));
  expect(told).toEqual(["Talk: Full."]);
});

interface Asked {
  readonly url: string;
  readonly ticket: string;
}

/** A deck's pages behind two web servers; `answers` are given one after the other. */
function pagesOf(answers: readonly (Response | null)[]): { decks: Decks; asked: Asked[]; tickets: () => number } {
  const asked: Asked[] = [];
  let [tickets, at] = [0, 0];
  const decks = new Decks({
    ...HOST,
    get: () => {
      tickets += 1;
      const ticket = `t${tickets}`;
      return Promise.resolve({ ticket, room: "c1", version: "v7", export: tickets < 3 });
    },
    fetch: (url, init) => {
      const ticket = new Headers(init?.headers).get("authorization") ?? "";
      asked.push({ url: String(url), ticket });
      const answer = answers[at] ?? null;
      at += 1;
      return answer === null ? Promise.reject(new TypeError("cut")) : Promise.resolve(answer);
    },
  });
  return { decks, asked, tickets: () => tickets };
}

test("pages are fetched with one ticket, from another server when one is away", async () => {
  const page = (): Response => new Response("webp");
  const { decks, asked, tickets } = pagesOf([null, page(), page()]);
  expect(await (await decks.picture("f1", 2, "small")).text()).toBe("webp");
  await decks.picture("f1", 3, "large");
  expect(asked).toEqual([
    { url: "http://one/api/v1/rooms/c1/decks/f1/pages/2?size=small&v=v7", ticket: "Bearer t1" },
    { url: "http://two/api/v1/rooms/c1/decks/f1/pages/2?size=small&v=v7", ticket: "Bearer t1" },
    { url: "http://one/api/v1/rooms/c1/decks/f1/pages/3?size=large&v=v7", ticket: "Bearer t1" },
  ]);
  expect(tickets()).toBe(1);
});

test("a ticket that is not taken is asked for anew, and a page that is not drawn is an error", async () => {
  const { decks, tickets } = pagesOf([
    new Response("", { status: 403 }),
    new Response("", { status: 404 }),
  ]);
  await expect(decks.picture("f1", 2, "small")).rejects.toMatchObject({ status: 404 });
  expect(tickets()).toBe(2);
});

test("words are in parts of the page, and the PDF is for those who may export", async () => {
  const words = [{ text: "Hi", lines: [[1_000, 2_000, 500, 250, "Hi"]] }, { text: "", lines: [] }];
  const { decks } = pagesOf([Response.json(words)]);
  expect(await decks.words("f1")).toEqual([
    { text: "Hi", lines: [{ x: 0.1, y: 0.2, width: 0.05, height: 0.025, text: "Hi" }] },
    { text: "", lines: [] },
  ]);
  expect(await decks.pdfLink("f1")).toBe("http://one/api/v1/rooms/c1/decks/f1/pdf?ticket=t2");
  await expect(decks.pdfLink("f1")).rejects.toMatchObject({ code: "not_allowed" });
});

test("what somebody draws is told as a live message, and seen until its mark is there", () => {
  const told: [string, unknown][] = [];
  const decks = new Decks({
    ...HOST,
    sendLive: (topic, body) => told.push([topic, body]) > 0,
  });
  const points = [{ x: 0, y: 0.5 }, { x: 1, y: 1 }];
  const mark = { id: "m", page: 2, tool: "pen", points, colour: "#d6362b", width: 0.004 } as const;
  decks.draft("f", mark);
  decks.draft("f", null);
  const [first, last] = told.map(([topic, body]) => ({ topic, body, number: 7, person: "ada" }));
  if (first === undefined || last === undefined) throw new Error("nothing was told");
  const drafts = draftsAfter(NO_DRAFTS, first, 100);
  expect(drafts).toMatchObject([{ number: 7, deck: "f", mark: { id: "m", page: 2, person: "ada" } }]);
  expect(drafts[0]?.mark.points).toEqual(points);
  expect(draftsAt(drafts, 3_000)).toBe(drafts);
  expect(draftsAt(drafts, 3_100)).toEqual([]);
  expect(draftsAt(drafts, 200, [{ id: "m" }])).toEqual([]);
  expect(draftsAfter(drafts, last, 200)).toEqual([]);
});

test("drafts that are none, and those of too many, are not shown", () => {
  const body = { deck: "f", page: 1, mark: "m", tool: "pen", points: new Uint8Array(8),
    colour: "#ffffff", width: 4 };
  const said = (number: number, more: object) =>
    ({ topic: "slides.draft", number, person: "p", body: { ...body, ...more } });
  for (const odd of [
    { tool: "saw" }, { colour: "url(x)" }, { points: "x" }, { points: new Uint8Array(2) },
    { deck: 3 }, { mark: 4 },
  ]) {
    expect(draftsAfter(NO_DRAFTS, said(1, odd), 0), JSON.stringify(odd)).toBe(NO_DRAFTS);
  }
  expect(draftsAfter(NO_DRAFTS, { ...said(1, {}), topic: "slides.pointer" }, 0)).toBe(NO_DRAFTS);
  let drafts = NO_DRAFTS;
  for (let number = 0; number < 50; number += 1) drafts = draftsAfter(drafts, said(number, {}), 0);
  expect(drafts).toHaveLength(20);
});
