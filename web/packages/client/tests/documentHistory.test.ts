import { encode } from "@msgpack/msgpack";
import { expect, test } from "vitest";
import * as Y from "yjs";

import { authorRuns, authorsOf, historyOf, versionOf } from "../src/apps/documentHistory";
import { stretchesOf } from "../src/apps/documentPoints";
import { readDocument, readParts } from "../src/documentParts";
import { Library } from "../src/library";

test("each part of a text is its author's, also of formatted and of deleted ones", () => {
  const ada = new Y.Doc();
  ada.clientID = 1;
  const text = ada.getText("content");
  text.insert(0, "hello world");
  const ben = new Y.Doc();
  ben.clientID = 2;
  Y.applyUpdate(ben, Y.encodeStateAsUpdate(ada));
  ben.getText("content").insert(5, "😀 my");
  ben.getText("content").format(0, 3, { bold: true });
  ben.getText("content").delete(1, 1);
  Y.applyUpdate(ada, Y.encodeStateAsUpdate(ben));
  expect(authorRuns(text)).toEqual([
    { text: "hllo", number: 1 },
    { text: "😀 my", number: 2 },
    { text: " world", number: 1 },
  ]);
});

test("a version holds the document, and whose the numbers in it are", () => {
  const state = new Uint8Array([0, 0]);
  const told = {
    kind: "text",
    title: "Pad",
    position: 7,
    time_ms: 9,
    state,
    persons: [["p1", "Ada"]],
    numbers: new Map([
      [3, 0],
      [4, 9],
    ]),
    runs: [[3, 2]],
  };
  const bytes = encode({ ...told, numbers: Object.fromEntries(told.numbers) });
  expect(versionOf(bytes)).toEqual({
    kind: "text",
    title: "Pad",
    position: 7,
    timeMs: 9,
    state,
    authors: new Map([[3, { person: "p1", name: "Ada" }]]),
  });
  expect(() => versionOf(encode("nonsense"))).toThrow(TypeError);
});

test("versions and authors are read as the server tells them", () => {
  const version = { version: "8.0", position: 8, time_ms: 1, reason: "named", name: "V", by: "p1" };
  const writers = [{ person: "p1", name: "Ada", added: 5, removed: 1 }];
  const history = historyOf({
    versions: [{ ...version, bytes: 100, writers }],
    wanted: [{ ...version, version: "9.0" }],
    restoring: { version: "8.0", by: "p2" },
  });
  expect(history.versions[0]).toMatchObject({ id: "8.0", timeMs: 1, name: "V", writers });
  expect(history.wanted[0]).toMatchObject({ id: "9.0", writers: [], bytes: 0 });
  expect(history.restoring).toEqual({ version: "8.0", by: "p2" });
  const authors = authorsOf({ persons: { p1: "Ada" }, numbers: { 3: "p1", 5: "gone" } });
  expect([...authors]).toEqual([
    [3, { person: "p1", name: "Ada" }],
    [5, { person: "gone", name: "" }],
  ]);
});

test("a point is named by its position, and it is told why a version could not be made", () => {
  const asked: unknown[] = [];
  const library = new Library({
    submit: (...operation) => {
      asked.push(operation);
      return { id: "o1", outcome: Promise.resolve({ state: "saved" }) } as never;
    },
    get: async () => null,
  });
  library.namePoint("pad", 12, "The draft");
  expect(asked).toEqual([
    ["documents", "name_point", { document: "pad", position: 12, name: "The draft" }],
  ]);
  const followed = (type: string, body: object) =>
    library.followed({ app: "documents", type, body: { document: "pad", ...body } } as never);
  const change = () => library.historyChanges.getSnapshot().get("pad");
  followed("version_dropped", { versions: ["9.0"], reason: "This point is no longer kept." });
  expect(change()).toMatchObject({ count: 1, unkept: "This point is no longer kept." });
  followed("version_dropped", { versions: ["8.0"] });
  expect(change()).toMatchObject({ count: 2, unkept: "", failed: "" });
});

test("a large document is read in parts, a few at a time", async () => {
  const whole = Uint8Array.from({ length: 1_000 }, (_, i) => i % 251);
  let asked = 0;
  let most = 0;
  const get = async (query: string, args: unknown) => {
    if (query === "document") return { base: null, updates: [], parted: { sha256: "x", bytes: 1 } };
    asked += 1;
    most = Math.max(most, asked);
    await Promise.resolve();
    asked -= 1;
    const { from } = args as { from: number };
    return { bytes: whole.slice(from, from + 64), total: whole.length };
  };
  expect(await readDocument(get, "pad")).toMatchObject({ base: whole, updates: [] });
  expect(most).toBe(4);
  expect(await readParts(async () => ({ bytes: new Uint8Array(), total: 0 }), {})).toHaveLength(0);
});

test("points lie in segments, and in what is in none yet", async () => {
  const update = new Uint8Array([0, 0]);
  const segment = { segment: "s1", ground: "", since: 0, position: 9, edits: 2, bytes: 1 };
  const points = {
    segments: [{ ...segment, from_ms: 1, time_ms: 2 }],
    recent: { since: 9, sha256: "b1", edits: 3 },
  };
  const file = encode({ kind: "text", edits: [[4, 1, 7, update], [9, 2, 8, update]] });
  const asked: unknown[] = [];
  const answers: Record<string, (args: Record<string, unknown>) => unknown> = {
    document_points: () => points,
    document_part: () => ({ bytes: file, total: file.length }),
    document_recent: ({ after }) => {
      asked.push(after);
      const edits = [[11, 0, 5, 7, update], [11, 1, 5, 8, update], [12, 0, 6, 7, update]];
      return (after as number[])[0] === 9
        ? { since: 9, edits: edits.slice(0, 2), more: true }
        : { since: 9, edits: edits.slice(2), more: false };
    },
  };
  const library = new Library({
    submit: () => ({ id: "", outcome: Promise.resolve({ state: "saved" }) }) as never,
    get: async (query, args) => answers[query]?.(args as Record<string, unknown>),
  });
  const [first, recent] = await library.stretches("pad");
  expect(first).toMatchObject({ segment: "s1", since: 0, position: 9, timeMs: 2 });
  expect(recent).toMatchObject({ segment: "", ground: "b1", since: 9, edits: 3 });
  expect(await library.edits("pad", first as never)).toEqual([
    { position: 4, timeMs: 1, number: 7, update },
    { position: 9, timeMs: 2, number: 8, update },
  ]);
  const edits = await library.edits("pad", recent as never);
  expect(edits.map(({ position }) => position)).toEqual([11, 11, 12]);
  expect(asked).toEqual([[9, 0], [11, 1]]);
  expect(await library.ground("pad", first as never)).toBeNull();
  expect(stretchesOf({ ...points, recent: { since: 9, sha256: "b1", edits: 0 } })).toHaveLength(1);
});
