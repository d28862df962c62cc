/** The history as people see it: empty, unreadable, with versions, and the way back. */
import type { DocumentHistory, DocumentVersion, Edit, Stretch } from "@folkmoot/client";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import * as Y from "yjs";

import { expectAccessible, show } from "../../testing/page";
import { cell } from "../../testing/talk";
import { keptOf, placedFrom, runsOf, sharesOf } from "./authors";
import HistoryDialog from "./HistoryDialog";
import { groupsOf, pointsOf } from "./points";

const TIME_MS = Date.UTC(2026, 8, 21, 12);
const NONE: DocumentHistory = { versions: [], wanted: [], restoring: null };

function version(id: string, change: Partial<DocumentVersion> = {}): DocumentVersion {
  return {
    id,
    position: 1,
    timeMs: TIME_MS,
    reason: "hourly",
    name: "",
    by: "",
    bytes: 9,
    writers: [{ person: "p1", name: "Ada", added: 12, removed: 3 }],
    ...change,
  };
}

function written(words: string, client: number): Y.Doc {
  const ydoc = new Y.Doc();
  ydoc.clientID = client;
  ydoc.getText("content").insert(0, words);
  return ydoc;
}

function room(history: DocumentHistory) {
  const saved = { id: "o1", outcome: Promise.resolve({ state: "saved" as const }) };
  const state = Y.encodeStateAsUpdate(written("hello", 7));
  const authors = new Map([[7, { person: "p1", name: "Ada" }]]);
  return {
    servicesAway: cell<readonly string[]>([]),
    dismiss: vi.fn(),
    library: {
      historyChanges: cell(new Map<string, { count: number; failed: string }>()),
      history: vi.fn(async () => history),
      version: vi.fn(async () => (
        { kind: "text", title: "Pad", position: 1, timeMs: TIME_MS, state, authors }
      )),
      keepVersion: vi.fn(() => saved),
      nameVersion: vi.fn(() => saved),
      restoreVersion: vi.fn(() => saved),
      restorePoint: vi.fn(() => saved),
      namePoint: vi.fn(() => saved),
      authors: vi.fn(async () => authors),
      stretches: vi.fn(async (): Promise<readonly Stretch[]> => []),
      edits: vi.fn<(document: string, stretch: Stretch) => Promise<readonly Edit[]>>(async () => []),
      ground: vi.fn(async (): Promise<Uint8Array | null> => null),
    },
  };
}

function open(conference: ReturnType<typeof room>, editable = true) {
  return show(
    <HistoryDialog conference={conference as never} document="pad" kind="text" title="Pad"
      ydoc={null} editable={editable} onClose={() => undefined} />,
  );
}

test("says that nothing is kept yet, and keeps what it is now under a name", async () => {
  const conference = room(NONE);
  open(conference);
  expect(await screen.findByText(/Nothing is kept yet/u)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Keep as it is now" }));
  expect(document.activeElement).toBe(screen.getByLabelText("Name of the version"));
  await userEvent.keyboard("  Before  the vote {Enter}");
  expect(conference.library.keepVersion).toHaveBeenCalledExactlyOnceWith("pad", "Before the vote");
});

test("says what is wrong when it cannot be read, and tries again", async () => {
  const conference = room(NONE);
  conference.library.history.mockRejectedValueOnce({ code: "x", message: "No server answers." });
  open(conference);
  expect((await screen.findByRole("alert")).textContent).toContain("No server answers.");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText(/Nothing is kept yet/u)).toBeTruthy();
});

test("tells versions, restores one after asking, and offers the way back", async () => {
  const told = [version("v1"), version("v2", { name: "Final", reason: "named" })];
  const conference = room({ ...NONE, versions: told });
  open(conference);
  const rows = await screen.findAllByRole("option");
  const chosen = () => rows.map((row) => row.getAttribute("aria-selected"));
  await vi.waitFor(() => expect(chosen()).toEqual(["true", "false"]));
  expect(rows[0]?.textContent).toContain("Final");
  expect(rows[1]?.textContent).toContain("12 characters added");
  await expectAccessible(document.body);
  await userEvent.click(rows[0] as HTMLElement);
  await userEvent.keyboard("{ArrowDown}");
  expect(rows[1]?.getAttribute("aria-selected")).toBe("true");
  await userEvent.click(screen.getByRole("button", { name: "Restore this version" }));
  expect(conference.library.restoreVersion).not.toHaveBeenCalled();
  const sure = screen.getByText(/The document becomes what it was/u).closest("section");
  const button = [...(sure?.querySelectorAll("button") ?? [])].at(-1) as HTMLElement;
  conference.library.history.mockResolvedValue({
    ...NONE,
    versions: [...told, version("v3", { reason: "restore" })],
  });
  await userEvent.click(button);
  expect(conference.library.restoreVersion).toHaveBeenCalledExactlyOnceWith("pad", "v1");
  conference.library.historyChanges.set(new Map([["pad", { count: 1, failed: "" }]]));
  await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
  expect(conference.library.restoreVersion).toHaveBeenLastCalledWith("pad", "v3");
});

test("who may only read looks, and changes nothing", async () => {
  open(room({ ...NONE, versions: [version("v1")] }), false);
  expect(await screen.findByRole("option")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Restore this version" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Keep as it is now" })).toBeNull();
});

/** Ada writes words, one edit each; `minutes` says when. */
function edits(words: readonly string[], minutes: readonly number[]): Edit[] {
  const ydoc = new Y.Doc();
  ydoc.clientID = 7;
  const made: Edit[] = [];
  ydoc.on("update", (update: Uint8Array) => {
    const at = made.length;
    const timeMs = TIME_MS + (minutes[at] ?? 0) * 60_000;
    made.push({ position: 10 + at, timeMs, number: 7, update });
  });
  for (const word of words) ydoc.getText("content").insert(ydoc.getText("content").length, word);
  return made;
}

const STRETCH: Stretch = {
  since: 0, position: 12, fromMs: 0, timeMs: 0, edits: 3, segment: "s", ground: "",
};

async function openEdits(conference: ReturnType<typeof room>) {
  open(conference);
  await userEvent.click(await screen.findByRole("radio", { name: "All edits" }));
}

test("all edits between versions are shown, moved through by keys, and gone back to", async () => {
  const conference = room({ ...NONE, versions: [version("v1")] });
  const made = edits(["one ", "two ", "three"], [0, 1, 30]);
  const recent = { ...STRETCH, since: 11, segment: "", ground: "g" };
  conference.library.stretches.mockResolvedValue([{ ...STRETCH, position: 11 }, recent]);
  conference.library.edits.mockImplementation(async (_, { segment }) =>
    segment === "" ? made.slice(2) : made.slice(0, 2));
  const ground = new Y.Doc();
  for (const { update } of made.slice(0, 2)) Y.applyUpdate(ground, update);
  const bytes = Y.encodeStateAsUpdate(ground);
  conference.library.ground.mockImplementation((async (_: string, { ground: hash }: Stretch) =>
    hash === "" ? null : bytes) as never);
  await openEdits(conference);
  const rows = await screen.findAllByRole("option");
  expect(rows.map((row) => row.textContent)).toHaveLength(2);
  expect(rows[1]?.textContent).toContain("2 edits");
  const shown = () => document.querySelector(".fm-preview-text .cm-content")?.textContent;
  await vi.waitFor(() => expect(shown()).toBe("one two three"));
  await expectAccessible(document.body);
  const slider = screen.getByRole("slider", { name: "Moment that is shown" });
  expect(slider.getAttribute("aria-valuetext")).toMatch(/^Ada, .*\(3 of 3\)$/u);
  await userEvent.click(rows[0] as HTMLElement);
  await userEvent.keyboard("{ArrowDown}");
  await vi.waitFor(() => expect(shown()).toBe("one two "));
  slider.focus();
  await userEvent.keyboard("{PageDown}");
  await vi.waitFor(() => expect(shown()).toBe("one "));
  await userEvent.click(screen.getByRole("button", { name: "Restore this moment" }));
  const sure = screen.getByText(/The document becomes what it was/u).closest("section");
  await userEvent.click([...(sure?.querySelectorAll("button") ?? [])].at(-1) as HTMLElement);
  expect(conference.library.restorePoint).toHaveBeenCalledExactlyOnceWith("pad", 10);
});

test("a point is named, shown by its name, renamed, and its name taken away", async () => {
  const conference = room({ ...NONE, versions: [version("v1")] });
  conference.library.stretches.mockResolvedValue([STRETCH]);
  conference.library.edits.mockResolvedValue(edits(["one ", "two "], [0, 30]));
  await openEdits(conference);
  const rows = await screen.findAllByRole("option");
  await userEvent.click(rows[1] as HTMLElement);
  await userEvent.click(await screen.findByRole("button", { name: "Name" }));
  await userEvent.keyboard("{Escape}");
  expect(document.activeElement?.textContent, "Escape closes the form alone").toBe("Name");
  await userEvent.click(screen.getByRole("button", { name: "Name" }));
  await userEvent.keyboard("The draft{Enter}");
  expect(conference.library.namePoint).toHaveBeenCalledExactlyOnceWith("pad", 10, "The draft");
  const draft = version("v0", { position: 10, name: "The draft", reason: "named" });
  conference.library.history.mockResolvedValue({ ...NONE, wanted: [draft] });
  const changed = (count: number, unkept = "") => conference.library.historyChanges.set(
    new Map([["pad", { count, failed: "", unkept }]]),
  );
  changed(1);
  expect(await screen.findByText("Being kept: The draft")).toBeTruthy();
  conference.library.history.mockResolvedValue({ ...NONE, versions: [draft, version("v1")] });
  changed(2);
  await vi.waitFor(() => expect(rows[1]?.textContent).toContain("The draft"));
  expect(rows[0]?.textContent).not.toContain("The draft");
  const slider = screen.getByRole("slider");
  expect(slider.getAttribute("aria-valuetext")).toMatch(/^The draft: Ada, /u);
  await expectAccessible(document.body);
  await userEvent.click(screen.getByRole("button", { name: "Rename" }));
  expect(screen.getByText(/Without a name/u)).toBeTruthy();
  await userEvent.clear(document.activeElement as HTMLElement);
  await userEvent.keyboard("{Enter}");
  expect(conference.library.nameVersion).toHaveBeenCalledExactlyOnceWith("pad", "v0", "");
  changed(3, "This point is no longer kept.");
  expect((await screen.findByText(/could not be kept/u)).textContent).toContain("no longer kept");
});

test("edits that are compacted while they are read are read anew, and earlier ones asked for", async () => {
  const conference = room(NONE);
  const made = edits(Array.from({ length: 60 }, (_, n) => `${n} `), Array(60).fill(0));
  const older = { ...STRETCH, position: 29, segment: "old" };
  conference.library.stretches.mockResolvedValue([older, { ...STRETCH, since: 29 }]);
  conference.library.edits.mockImplementation(async (_, { segment }) =>
    segment === "old" ? made.slice(0, 20) : made.slice(20));
  conference.library.edits.mockRejectedValueOnce({ code: "request_failed", message: "It grew." });
  await openEdits(conference);
  await screen.findAllByRole("option");
  const slider = screen.getByRole("slider");
  expect(slider.getAttribute("max")).toBe("39");
  await userEvent.click(screen.getByRole("button", { name: "Show earlier edits" }));
  await vi.waitFor(() => expect(slider.getAttribute("max")).toBe("59"));
  expect(slider.getAttribute("aria-valuetext")).toContain("60 of 60");
  expect(screen.queryByRole("button", { name: "Show earlier edits" })).toBeNull();
  conference.library.edits.mockRejectedValue({ code: "x", message: "No server answers." });
  conference.library.stretches.mockRejectedValue({ code: "x", message: "No server answers." });
  conference.library.historyChanges.set(new Map([["pad", { count: 1, failed: "" }]]));
  expect((await screen.findByRole("alert")).textContent).toContain("No server answers.");
});

test("says so where nobody has written, and where a kind cannot be shown", async () => {
  const conference = room({ ...NONE, versions: [version("v1")] });
  conference.library.version.mockResolvedValue({
    kind: "hologram", title: "", position: 1, timeMs: 1, authors: new Map(),
    state: Y.encodeStateAsUpdate(new Y.Doc()),
  });
  open(conference);
  expect(await screen.findByText(/This kind of document cannot be shown here/u)).toBeTruthy();
  await userEvent.click(screen.getByRole("radio", { name: "All edits" }));
  expect(await screen.findByText(/Nobody has written here/u)).toBeTruthy();
});

test("edits of one author, of several at once, and of another later are grouped", () => {
  const authors = new Map([
    [7, { person: "p1", name: "Ada" }],
    [9, { person: "p2", name: "Ben" }],
  ]);
  const told: [number, number][] = [[0, 7], [5, 9], [6, 7], [60, 7], [90, 9], [600, 9]];
  const points = pointsOf(told.map(([s, number], position) => (
    { position, timeMs: TIME_MS + s * 1_000, number, update: new Uint8Array() }
  )));
  const groups = groupsOf(points, authors);
  expect(groups.map(({ first, last, edits: count, writers }) => (
    [first, last, count, writers.map(({ name }) => name).join()]
  ))).toEqual([[0, 4, 5, "Ada,Ben"], [5, 5, 1, "Ben"]]);
  const later = groupsOf(points.filter(({ position }) => ![1, 2].includes(position)), authors);
  expect(later.map(({ writers }) => writers.map(({ name }) => name).join())).toEqual([
    "Ada", "Ben", "Ben",
  ]);
});

test("whose the words are is told by their ids, and so is what is gone", () => {
  const ydoc = written("hello ", 7);
  const other = new Y.Doc();
  other.clientID = 9;
  Y.applyUpdate(other, Y.encodeStateAsUpdate(ydoc));
  other.getText("content").insert(6, "world");
  Y.applyUpdate(ydoc, Y.encodeStateAsUpdate(other));
  const texts = [ydoc.getText("content")];
  const runs = runsOf(texts);
  expect(runs).toEqual([{ number: 7, length: 6 }, { number: 9, length: 5 }]);
  expect(placedFrom(runs).map(({ from, to }) => [from, to])).toEqual([[0, 6], [6, 11]]);
  const authors = new Map([[7, { person: "p1", name: "Ada" }]]);
  expect(sharesOf(runs, authors, () => "#3a62c4").map(({ name, characters }) => [name, characters])).toEqual([
    ["Ada", 6],
    ["", 5],
  ]);
  const now = new Y.Doc();
  Y.applyUpdate(now, Y.encodeStateAsUpdate(ydoc));
  now.getText("content").delete(0, 3);
  now.getText("content").insert(0, "hel");
  expect(keptOf(texts, now)).toEqual([{ gone: true, length: 3 }, { gone: false, length: 8 }]);
});
