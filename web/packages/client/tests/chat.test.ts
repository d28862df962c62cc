import { expect, test, vi } from "vitest";

import { chatAfter, chatOfView, chatReplaced, type ChatState } from "../src/apps/chat";
import { ChatHandle, type ChatHost, TYPING_TOPIC } from "../src/chatHandle";
import type { Event } from "../src/generated/frames.gen";

const event = (type: string, body: unknown, author = "p2"): Event => ({
  index: 0,
  app: "chat",
  type,
  author,
  number: 1,
  counter: 1,
  body,
});

const told = (id: string, parts: object = {}) => ({
  id,
  author: "p2",
  name: "Grace",
  time_ms: 1,
  text: `text of ${id}`,
  to: "",
  ...parts,
});

function view(...messages: object[]): ChatState {
  return chatOfView({ messages, earlier: false, read: "1.0", unread: 0, touched_ms: 0 });
}

test("an edit changes the message, what quotes it and what is pinned", () => {
  const reply = { id: "2.0", author: "p2", name: "Grace", text: "old" };
  let state = view(told("2.0"), told("3.0", { reply }));
  state = chatAfter(state, event("pinned", { message: { ...told("2.0"), pinned_by: "Hal" } }), 1);
  state = chatAfter(state, event("edited", { id: "2.0", text: "new", mentions: { p1: "Ada" }, edited_ms: 9 }), 9);
  expect(state.messages[0]).toMatchObject({ text: "new", editedMs: 9 });
  expect(state.messages[1]?.reply?.text).toBe("new");
  expect(state.pinned?.text).toBe("new");
  expect(state.pinnedBy).toBe("Hal");
});

test("a deleted message keeps nothing, and a host who cannot see one does not delete it", () => {
  const reply = { id: "2.0", author: "p2", name: "Grace", text: "old" };
  let state = view(told("2.0", { reactions: { "👍": ["p1"] } }), told("3.0", { reply }), told("4.0", { to: "p1" }));
  state = chatAfter(state, event("deleted", { id: "2.0", by: "hal" }), 5);
  state = chatAfter(state, event("deleted", { id: "4.0", by: "hal" }), 5);
  expect(state.messages[0]).toMatchObject({ text: "", deletedBy: "hal" });
  expect(state.messages[0]?.reactions.size).toBe(0);
  expect(state.messages[1]?.reply?.text).toBe("");
  expect(state.messages[2]?.text).toBe("text of 4.0");
});

test("reactions come and go, one of each kind by each person", () => {
  let state = view(told("2.0"));
  const react = (person: string, on: boolean) =>
    chatAfter(state, event("reacted", { id: "2.0", emoji: "👍", person, on }), 1);
  state = react("p1", true);
  state = react("p1", true);
  state = react("p3", true);
  expect(state.messages[0]?.reactions.get("👍")).toEqual(["p1", "p3"]);
  state = react("p1", false);
  state = react("p3", false);
  expect(state.messages[0]?.reactions.size).toBe(0);
});

test("what others write is unread until it is read, on whatever device", () => {
  let state = view(told("2.0"));
  const posted = (id: string, author: string) =>
    chatAfter(state, event("posted", { id, name: "x", text: "x", to: "" }, author), 1, "p1");
  state = posted("3.0", "p2");
  state = posted("4.0", "p1");
  state = posted("10.0", "p2");
  expect(state.unread).toBe(2);
  state = chatAfter(state, event("read", { id: "3.0" }, "p1"), 1, "p1");
  expect([state.read, state.unread]).toEqual(["3.0", 1]);
});

test("who reads above loses nothing when much is written below", () => {
  let state = view(told("1.0"));
  for (let at = 2; at < 5_100; at += 1) {
    state = chatAfter(state, event("posted", { id: `${at}.0`, name: "x", text: "x" }), 1, "p1", true);
  }
  expect(state.messages).toHaveLength(5_099);
});

test("older messages are let go when something was taken back meanwhile", () => {
  const before = view(told("1.0"), told("2.0"), told("3.0"));
  const messages = [told("3.0"), told("4.0")];
  const same = chatOfView({ messages, earlier: true, touched_ms: 0 });
  expect(chatReplaced(before, same).messages).toHaveLength(4);
  const touched = chatOfView({ messages, earlier: true, touched_ms: 7 });
  expect(chatReplaced(before, touched).messages).toHaveLength(2);
});

function handle(answers: unknown[] = []) {
  const submitted: [string, unknown][] = [];
  const live: string[] = [];
  let now = 1_000;
  const host: ChatHost = {
    get: vi.fn(() => Promise.resolve(answers.shift())),
    submit: (type, body) => {
      submitted.push([type, body]);
      return { id: "o", outcome: new Promise(() => undefined) };
    },
    sendLive: (topic) => {
      live.push(topic);
      return true;
    },
    settle: () => chat.settle([]),
    self: () => "p1",
    nowMs: () => now,
  };
  const chat = new ChatHandle(host);
  return { chat, host, submitted, live, later: (ms: number) => (now += ms) };
}

test("to whom something is said decides how", () => {
  const { chat, submitted } = handle();
  chat.say({ text: "a" });
  chat.say({ text: "b", to: "hosts", reply: "1.0" });
  chat.say({ text: "c", to: "p2", mentions: ["p2"] });
  expect(submitted).toEqual([
    ["post", { text: "a" }],
    ["ask", { text: "b", reply: "1.0" }],
    ["whisper", { text: "c", mentions: ["p2"], to: "p2" }],
  ]);
});

test("typing is told now and then, and others' typing ends by itself", () => {
  vi.useFakeTimers();
  try {
    const { chat, live, later } = handle();
    chat.type();
    chat.type();
    later(3_000);
    chat.type();
    expect(live).toEqual([TYPING_TOPIC, TYPING_TOPIC]);
    chat.heard("p2");
    chat.heard("p1");
    chat.settle([]);
    expect(chat.shown.getSnapshot().typing).toEqual(["p2"]);
    later(5_000);
    vi.advanceTimersByTime(5_000);
    expect(chat.shown.getSnapshot().typing).toEqual([]);
    chat.destroy();
  } finally {
    vi.useRealTimers();
  }
});

test("how far one read is told once in a while, and at once when the page goes", () => {
  vi.useFakeTimers();
  try {
    const { chat, submitted } = handle();
    chat.replaced({ messages: [told("5.0")], read: "3.0" });
    chat.markRead("2.0");
    chat.markRead("4.0");
    chat.markRead("5.0");
    expect(submitted).toEqual([]);
    vi.advanceTimersByTime(15_000);
    expect(submitted).toEqual([["read", { id: "5.0" }]]);
    chat.markRead("9.0");
    chat.flushRead();
    chat.flushRead();
    expect(submitted).toHaveLength(2);
  } finally {
    vi.useRealTimers();
  }
});

test("older messages are asked for from where the last answer ended", async () => {
  const { chat, host } = handle([
    { messages: [], earlier: true, before: "5.0" },
    { messages: [told("3.0")], earlier: false, before: "1.0" },
  ]);
  chat.replaced({ messages: [told("9.0")], earlier: true });
  expect(await chat.reach("3.0")).toBe(true);
  expect(vi.mocked(host.get).mock.calls.map(([, args]) => args)).toEqual([
    { before: "9.0", count: 200 },
    { before: "5.0", count: 200 },
  ]);
  expect(chat.shown.getSnapshot().messages.map(({ id }) => id)).toEqual(["3.0", "9.0"]);
  expect(await chat.reach("2.0")).toBe(false);
});
