import { expect, test } from "vitest";

import { Browser, connected, until } from "./people";
import { MemoryStorage } from "./browser";
import { Zone } from "./zone";

function two(): { zone: Zone; ada: Browser; bob: Browser } {
  const zone = new Zone();
  return { zone, ada: new Browser(zone), bob: new Browser(zone) };
}

test("two people see each other and what they say", async () => {
  const { ada, bob } = two();
  const a = await connected(await ada.visit("Ada"));
  const b = await connected(await bob.visit("Bob"));
  expect(await a.post("hello").outcome).toMatchObject({ state: "saved" });
  await until(() => b.chat.getSnapshot().messages.length === 1);
  const [message] = b.chat.getSnapshot().messages;
  expect(message).toMatchObject({ text: "hello", name: "Ada" });
  expect(a.chat.getSnapshot().messages[0]?.author).toBe(a.status.getSnapshot().person);
  expect(a.chat.getSnapshot().pending).toEqual([]);
  await until(() => a.roster.getSnapshot().persons.length === 2);
  expect(a.roster.getSnapshot().persons.map((p) => [p.name, p.present, p.self])).toEqual([
    ["Ada", true, true],
    ["Bob", true, false],
  ]);
});

test("a killed server is left for the other one and nothing is lost or said twice", async () => {
  const { zone, ada, bob } = two();
  const a = await connected(await ada.visit("Ada"));
  const b = await connected(await bob.visit("Bob"));
  const outcomes = [];
  for (let round = 0; round < 20; round += 1) {
    outcomes.push(a.post(`a${round}`).outcome, b.post(`b${round}`).outcome);
    const server = zone.servers[round % 2] ?? "";
    zone.kill(server);
    zone.down.delete(server);
    await new Promise((resolve) => setTimeout(resolve, 1)); // lets some rounds end attached
  }
  expect(new Set((await Promise.all(outcomes)).map((o) => o.state))).toEqual(new Set(["saved"]));
  expect(new Set(zone.messages.map((m) => m.text)).size).toBe(40);
  expect(zone.messages).toHaveLength(40);
  const of = (who: string) => zone.messages.map((m) => m.text).filter((t) => t.startsWith(who));
  expect(of("a")).toEqual(Array.from({ length: 20 }, (_, at) => `a${at}`));
  await until(() => b.chat.getSnapshot().messages.length === 40);
});

test("what is said while nothing answers is shown as sending, and sent later", async () => {
  const { zone, ada } = two();
  const a = await connected(await ada.visit("Ada"));
  for (const server of zone.servers) zone.kill(server);
  const said = a.post("into the void");
  expect(a.chat.getSnapshot().pending).toMatchObject([{ text: "into the void", state: "sending" }]);
  expect(a.status.getSnapshot()).toMatchObject({ phase: "reconnecting", unsaved: 1, server: null });
  zone.down.clear();
  expect(await said.outcome).toMatchObject({ state: "saved" });
});

test("a refused message is shown with its reason until it is dismissed", async () => {
  const { zone, ada } = two();
  const a = await connected(await ada.visit("Ada"));
  zone.refuse.set("chat/post", "not_allowed");
  const { id, outcome } = a.post("no");
  expect(await outcome).toMatchObject({ state: "failed", code: "not_allowed" });
  await until(() => a.chat.getSnapshot().pending[0]?.state === "failed");
  expect(a.chat.getSnapshot().pending[0]?.message).toBe("Your role does not allow that.");
  a.dismiss(id);
  expect(a.operations.getSnapshot()).toEqual([]);
});

test("a refused message can be sent again", async () => {
  const { zone, ada } = two();
  const a = await connected(await ada.visit("Ada"));
  zone.refuse.set("chat/post", "not_allowed");
  const { id, outcome } = a.post("please");
  await outcome;
  expect(await a.retry(id)?.outcome).toMatchObject({ state: "saved" });
  expect(zone.messages.map((m) => m.text)).toEqual(["please"]);
});

test("a closed tab's words are sent by the next tab of the room", async () => {
  const { zone, ada } = two();
  const a = await connected(await ada.visit("Ada"));
  for (const server of zone.servers) zone.kill(server);
  a.post("typed just before closing");
  a.close();
  zone.down.clear();
  const next = await connected(await ada.visit("Ada"));
  await until(() => zone.messages.length === 1);
  expect(zone.joins).toBe(1); // the same session
  await until(() => next.status.getSnapshot().unsaved === 0);
  expect(next.chat.getSnapshot().messages[0]?.author).toBe(next.status.getSnapshot().person);
});

test("words typed before any server answered survive the tab too", async () => {
  const { zone, ada } = two();
  for (const server of zone.servers) zone.down.add(server);
  const a = await ada.visit("Ada");
  a.post("early");
  a.close();
  zone.down.clear();
  await connected(await ada.visit("Ada"));
  await until(() => zone.messages.length === 1);
});

test("two tabs are two sessions, and what a third left behind is sent by whoever comes", async () => {
  const { zone, ada } = two();
  const first = await connected(await ada.visit("Ada"));
  const second = await connected(await ada.visit("Ada"));
  expect(second.status.getSnapshot().number).not.toBe(first.status.getSnapshot().number);
  for (const server of zone.servers) zone.kill(server);
  first.post("one");
  second.post("two");
  first.close();
  second.close();
  zone.down.clear();
  const third = await connected(await ada.visit("Ada"));
  await until(() => zone.messages.length === 2);
  await until(() => third.roster.getSnapshot().persons.length === 1); // the left one has left
});

test("a reloaded tab goes on with its own session", async () => {
  const { zone, ada } = two();
  const tab = new MemoryStorage();
  const a = await connected(await ada.visit("Ada", {}, tab));
  const { number } = a.status.getSnapshot();
  a.close();
  const again = await connected(await ada.visit("", {}, tab));
  expect(again.status.getSnapshot()).toMatchObject({ number, name: "Ada" });
  expect(zone.joins).toBe(1);
});

test("a session that expired is joined anew and what never took effect is sent again", async () => {
  const { zone, ada } = two();
  const a = await connected(await ada.visit("Ada"));
  await a.post("before").outcome;
  zone.holding = true;
  const said = a.post("held");
  zone.endSession(a.status.getSnapshot().number ?? 0);
  zone.holding = false;
  expect(await said.outcome).toMatchObject({ state: "saved" });
  expect(zone.messages.map((m) => m.text)).toEqual(["before", "held"]);
  expect(a.status.getSnapshot().number).toBe(2);
});

test("a session taken over stops and can be taken back", async () => {
  const { zone, ada, bob: clone } = two();
  const a = await connected(await ada.visit("Ada"));
  for (const [key, value] of ada.local.items) clone.local.items.set(key, value);
  const thief = await connected(await clone.visit("Ada"));
  await until(() => a.status.getSnapshot().phase === "closed");
  expect(a.status.getSnapshot().reason?.code).toBe("taken_over");
  a.reconnect();
  await connected(a);
  await until(() => thief.status.getSnapshot().phase === "closed");
  expect(zone.joins).toBe(1);
});

test("without locks a duplicated tab is a session of its own, and a reloaded one is not", async () => {
  const { zone, ada } = two();
  const tab = new MemoryStorage();
  const more = { locks: null };
  const a = await connected(await ada.visit("Ada", more, tab));
  const duplicate = await connected(await ada.visit("Ada", more, copy(tab)));
  expect(duplicate.status.getSnapshot().number).toBe(2);
  const { number } = a.status.getSnapshot();
  a.close();
  const reloaded = await connected(await ada.visit("Ada", more, tab));
  expect(reloaded.status.getSnapshot().number).toBe(number);
  expect(zone.joins).toBe(2);
});

test("leaving ends the session, and keeps nothing of it", async () => {
  const { ada } = two();
  const a = await connected(await ada.visit("Ada"));
  await a.leave();
  expect(a.status.getSnapshot()).toMatchObject({ phase: "closed", reason: { code: "left" } });
  const kept = Array.from({ length: ada.local.length }, (_, at) => ada.local.key(at));
  expect(kept.filter((key) => key?.startsWith("folkmoot:1:"))).toEqual([]);
});

test("an unknown room is told and not tried again", async () => {
  const { zone, ada } = two();
  const refuse = async (): Promise<Response> =>
    Response.json({ code: "unknown_room", message: "There is no such room." }, { status: 404 });
  const a = await ada.visit("Ada", { fetch: refuse });
  await until(() => a.status.getSnapshot().phase === "closed");
  expect(a.status.getSnapshot().reason).toEqual({
    code: "unknown_room",
    message: "There is no such room.",
  });
  expect(zone.sockets.size).toBe(0);
});

test("a full browser goes on in memory, says so, and keeps again when there is room", async () => {
  const { zone, ada } = two();
  const a = await connected(await ada.visit("Ada"));
  zone.holding = true;
  ada.local.bytesMax = 2_000;
  const long = a.post("x".repeat(3_000));
  expect(a.status.getSnapshot().storage.kept).toBe(false);
  const short = a.post("short");
  zone.holding = false;
  zone.commitAll();
  expect((await long.outcome).state).toBe("saved");
  expect((await short.outcome).state).toBe("saved");
  await until(() => a.status.getSnapshot().storage.kept);
});

test("damaged storage is put aside and told, and the rest is used", async () => {
  const { zone, ada } = two();
  for (const server of zone.servers) zone.down.add(server);
  const a = await ada.visit("Ada");
  a.post("first");
  a.post("second");
  a.close();
  const [damaged] = [...ada.local.items.keys()].filter((key) => key.endsWith("000001"));
  ada.local.items.set(damaged ?? "", "not what it was");
  zone.down.clear();
  const next = await connected(await ada.visit("Ada"));
  await until(() => zone.messages.length === 1);
  expect(zone.messages[0]?.text).toBe("second");
  expect(next.status.getSnapshot().storage.reason).toContain("could not be read");
});

test("a question that no server can answer fails with its code", async () => {
  const { ada } = two();
  const a = await connected(await ada.visit("Ada"));
  await expect(a.get("weather", {})).rejects.toMatchObject({ code: "request_unknown" });
});

function copy(storage: MemoryStorage): MemoryStorage {
  const other = new MemoryStorage();
  for (const [key, value] of storage.items) other.items.set(key, value);
  return other;
}
