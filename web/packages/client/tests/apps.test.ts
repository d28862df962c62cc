import { expect, test } from "vitest";

import { chatAfter, chatOfView, chatReplaced, chatWithEarlier, NO_CHAT } from "../src/apps/chat";
import { type DocumentList, documentsAfter, documentsOfView } from "../src/apps/documentList";
import { doorsOf } from "../src/apps/doors";
import { exportsAfter, exportsOfView, NO_EXPORTS } from "../src/apps/exports";
import { attachedNumbers, NO_ROSTER, rosterAfter, rosterOfView, rosterView } from "../src/apps/roster";
import type { Event } from "../src/generated/frames.gen";

function event(app: string, type: string, body: unknown): Event {
  return { index: 0, app, type, author: "p1", number: 1, counter: 1, body };
}

function roster(...told: [string, object][]): ReturnType<typeof rosterView> {
  let state = NO_ROSTER;
  told.forEach(([type, body], at) => {
    state = rosterAfter(state, event("roster", type, body), at);
  });
  return rosterView(state, "p1");
}

const ADA = { person: "p1", number: 1, name: "Ada", role: "host" };

test("a person with two sessions is present while one of them is attached", () => {
  const second = { ...ADA, number: 2 };
  expect(roster(["joined", ADA], ["joined", second], ["away", ADA]).present).toBe(1);
  expect(roster(["joined", ADA], ["joined", second], ["away", ADA], ["away", second]).present).toBe(0);
  expect(roster(["joined", ADA], ["away", ADA], ["attached", ADA]).present).toBe(1);
});

test("a person whose last session ended is gone, and a renamed one stays", () => {
  expect(roster(["joined", ADA], ["left", { ...ADA, reason: "left" }]).persons).toEqual([]);
  const renamed = roster(["joined", ADA], ["renamed", { person: "p1", name: "Countess" }]);
  expect(renamed.persons).toMatchObject([{ name: "Countess", role: "host", self: true, joinedMs: 0 }]);
});

test("a roster's view tells who is away", () => {
  const state = rosterOfView({
    persons: { p1: { name: "Ada", role: "host", present: true, joined_ms: 5 } },
    sessions: { "1": "p1", "2": "p1" },
    away: { "2": true },
  });
  expect(attachedNumbers(state)).toEqual(new Set([1]));
  expect(rosterView(state, null).persons).toMatchObject([{ present: true, joinedMs: 5, self: false }]);
});

test("what nobody understands changes nothing", () => {
  expect(rosterAfter(NO_ROSTER, event("roster", "danced", { person: "p1" }), 0)).toBe(NO_ROSTER);
  expect(rosterAfter(NO_ROSTER, event("roster", "joined", 7), 0)).toBe(NO_ROSTER);
  expect(chatAfter(NO_CHAT, event("chat", "posted", { text: 1 }), 0)).toBe(NO_CHAT);
  expect(documentsOfView(null)).toEqual({ documents: [], removed: [] });
});

test("exports follow their changes, and go when they are removed", () => {
  const first = { export: "5.0", phase: "waiting", attempt: 0, done: 0, of: 0, bytes: 0, requested_ms: 7, reason: "" };
  const second = { ...first, export: "6.0" };
  let list = exportsOfView({ exports: [first, { export: "7.0", phase: "melted" }] });
  expect(list).toMatchObject([{ id: "5.0", phase: "waiting", requestedMs: 7 }]);
  list = exportsAfter(list, event("exports", "changed", second));
  list = exportsAfter(list, event("exports", "changed", { ...first, phase: "finished", bytes: 9 }));
  expect(list.map(({ id, phase, bytes }) => [id, phase, bytes])).toEqual([
    ["5.0", "finished", 9],
    ["6.0", "waiting", 0],
  ]);
  expect(exportsAfter(list, event("exports", "removed", { export: "5.0" }))).toHaveLength(1);
  expect(exportsAfter(NO_EXPORTS, event("exports", "sung", second))).toBe(NO_EXPORTS);
  expect(exportsOfView(undefined)).toBe(NO_EXPORTS);
});

function message(id: string): object {
  return { id, author: "p1", name: "Ada", time_ms: 1, text: id };
}

test("older messages stay when a new view joins up with them", () => {
  let state = chatOfView({ messages: [message("3"), message("4")], earlier: true });
  state = chatWithEarlier(state, { messages: [message("1"), message("2"), message("3")], earlier: false });
  expect(state.messages.map(({ id }) => id)).toEqual(["1", "2", "3", "4"]);
  expect(state.earlier).toBe(false);
  const view = chatOfView({ messages: [message("4"), message("5")], earlier: true });
  expect(chatReplaced(state, view).messages.map(({ id }) => id)).toEqual(["1", "2", "3", "4", "5"]);
  const far = chatOfView({ messages: [message("9")], earlier: true });
  expect(chatReplaced(state, far)).toBe(far);
});

test("a chat keeps a bounded number of messages and says that there are earlier ones", () => {
  let state = NO_CHAT;
  for (let at = 0; at < 5_001; at += 1) {
    state = chatAfter(state, event("chat", "posted", { id: `${at}`, name: "Ada", text: "x" }), at);
  }
  expect(state.messages).toHaveLength(4_000);
  expect(state.earlier).toBe(true);
  expect(state.messages.at(-1)?.id).toBe("5000");
});

test("documents are listed, renamed, moved, removed and brought back", () => {
  const after = (state: DocumentList, type: string, body: object) =>
    documentsAfter(state, event("documents", type, { document: "plan", ...body }));
  const plan = { id: "plan", kind: "board", title: "Plan", by: "ada" };
  const pad = { id: "pad", kind: "text", title: "Pad", by: "" };
  let state = documentsOfView({ documents: { pad: { kind: "text", title: "Pad" } } });
  state = after(state, "created", { kind: "board", title: "Plan", by: "ada" });
  expect(state).toEqual({ documents: [pad, plan], removed: [] });
  state = after(state, "moved", { place: 0 });
  expect(state.documents).toEqual([plan, pad]);
  state = after(after(state, "renamed", { title: "Sketch" }), "updated", {});
  expect(state.documents[0]?.title).toBe("Sketch");
  state = after(state, "removed", { by: "ben", removed_ms: 7 });
  expect(state).toEqual({
    documents: [pad],
    removed: [
      { id: "plan", kind: "board", title: "Sketch", by: "", removedBy: "ben", removedMs: 7 },
    ],
  });
  expect(after(state, "purged", {})).toEqual({ documents: [pad], removed: [] });
  state = after(state, "returned", { kind: "board", title: "Sketch" });
  expect(state.documents.map(({ id }) => id)).toEqual(["pad", "plan"]);
  expect(state.removed).toEqual([]);
});

test("who runs the room is told all of its doors, others only what concerns them", () => {
  const told = { lobby: true, locked: false };
  expect(doorsOf(told)).toEqual({ ...told, staff: null });
  const view = { ...told, bans: {}, passcode: "x", host_grace_ms: 60_000, muted_on_entry: true };
  expect(doorsOf(view).staff).toMatchObject({
    passcode: "x",
    hostGraceMs: 60_000,
    mutedOnEntry: true,
    bans: [],
  });
});
