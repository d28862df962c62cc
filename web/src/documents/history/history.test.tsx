/** The history as people see it: empty, unreadable, with versions, and the way back. */
import type { DocumentHistory, DocumentVersion } from "@folkmoot/client";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import * as Y from "yjs";

import { expectAccessible, show } from "../../testing/page";
import { cell } from "../../testing/talk";
import { keptOf, placedFrom, runsOf, sharesOf } from "./authors";
import HistoryDialog from "./HistoryDialog";

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
    },
  };
}

function open(conference: ReturnType<typeof room>, editable = true) {
  return show(
    <HistoryDialog conference={conference as never} document="pad" title="Pad" ydoc={null}
      editable={editable} onClose={() => undefined} />,
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
