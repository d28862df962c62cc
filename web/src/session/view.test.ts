import type { Chat, ChatMessage } from "@folkmoot/client";
import { expect, test } from "vitest";

import { CONNECTED } from "../testing/status";
import { connectionKind, messagesOf, peopleOf, RECONNECTING_MS, saveStateOf } from "./view";

test.each([
  ["connected", {}],
  ["reconnected", { justReconnected: true }],
  ["paused", { savingPaused: true, justReconnected: true }],
  ["reconnecting", { phase: "reconnecting", savingPaused: true }],
  ["connecting", { phase: "connecting" }],
  ["takenOver", { phase: "closed", reason: { code: "taken_over", message: "x" } }],
  ["closed", { phase: "closed", reason: { code: "token_expired", message: "x" } }],
] as const)("%s", (kind, parts) => {
  expect(connectionKind({ ...CONNECTED, ...parts })).toBe(kind);
});

test("oneself stands first, who is away last", () => {
  const person = (id: string, present: boolean, self = false) => ({
    id,
    name: id,
    role: "participant" as const,
    present,
    joinedMs: 0,
    awayMs: present ? 0 : 5,
    devices: present ? 1 : 0,
    self,
    colour: null,
  });
  const persons = [person("a", false), person("b", true), person("c", true, true)];
  const doors = { lobby: false, locked: false, staff: null };
  const locks = { openTo: new Map(), suspended: false };
  const roster = { persons, byId: new Map(), present: 2, lobby: null, waiting: [], doors, locks };
  const people = peopleOf(roster, 5 + RECONNECTING_MS);
  expect(people.map((one) => one.id)).toEqual(["c", "b", "a"]);
  expect(people.map((one) => one.presence)).toEqual(["here", "here", "away"]);
  expect(peopleOf(roster, 6).find((one) => one.id === "a")?.presence).toBe("reconnecting");
});

function said(id: string): ChatMessage {
  return {
    id,
    author: "p2",
    name: "Grace",
    timeMs: 9,
    text: "hi",
    to: "",
    toName: "",
    reply: null,
    mentions: new Map(),
    editedMs: 0,
    deletedBy: "",
    reactions: new Map(),
  };
}

const CHAT: Chat = {
  messages: [],
  previews: [],
  pending: [],
  changing: [],
  earlier: false,
  pinned: null,
  pinnedBy: "",
  read: "",
  unread: 0,
  typing: [],
};

test("what did not change stays the same object, and a change on its way shows", () => {
  const [views, own] = [new WeakMap(), { person: "p1", name: "Ada" }];
  const messages = [said("1.0"), said("2.0")];
  const before = messagesOf({ ...CHAT, messages }, own, views);
  const changing = [{ message: "2.0", text: "bye" }];
  const after = messagesOf({ ...CHAT, messages, changing }, own, views);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).toMatchObject({ text: "bye", status: "sending" });
});

test("what is not saved stands after what is", () => {
  const messages = messagesOf(
    {
      ...CHAT,
      messages: [said("1.0")],
      previews: [{ id: "2/7", author: "p2", name: "Grace", timeMs: 11, text: "hm", to: "" }],
      pending: [
        { operation: "o1", text: "yes", to: "", atMs: 5, state: "failed", code: "empty", message: "no" },
      ],
    },
    { person: "p1", name: "Ada" },
  );
  expect(messages.map((one) => [one.key, one.status, one.you])).toEqual([
    ["1.0", "saved", false],
    ["preview:2/7", "unconfirmed", false],
    ["o1", "failed", true],
  ]);
  expect(messages[2]).toMatchObject({ author: "p1", name: "Ada", code: "empty", reason: "no" });
});

test("a document waits while nothing gets through, and a notice makes it failed", () => {
  const notice = { id: "n", code: "c", message: "m", document: "notes", text: null };
  expect(saveStateOf(true, "connected", [], "notes")).toBe("saved");
  expect(saveStateOf(false, "connected", [], "notes")).toBe("saving");
  expect(saveStateOf(false, "paused", [], "notes")).toBe("waiting");
  expect(saveStateOf(false, "reconnecting", [], "notes")).toBe("waiting");
  expect(saveStateOf(true, "connected", [notice], "notes")).toBe("failed");
  expect(saveStateOf(true, "connected", [notice], "pad")).toBe("saved");
});
