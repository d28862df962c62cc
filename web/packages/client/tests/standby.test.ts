import { expect, test } from "vitest";

import type { Conference } from "../src/conference";
import type { Phase } from "../src/status";
import { Browser, connected, until } from "./people";
import { Zone } from "./zone";

/** Two people on different servers, each with a standby on the other one. */
async function meeting(): Promise<{ zone: Zone; ada: Conference; bob: Conference }> {
  const zone = new Zone();
  const ada = await connected(await new Browser(zone).visit("Ada"));
  zone.servers = zone.servers.toReversed();
  const bob = await connected(await new Browser(zone).visit("Bob"));
  await until(() => zone.standbys.length === 2);
  return { zone, ada, bob };
}

function texts(conference: Conference): string[] {
  return conference.chat.getSnapshot().messages.map((message) => message.text);
}

/** Phases as they are shown from now on. */
function phases(conference: Conference): Phase[] {
  const shown: Phase[] = [];
  conference.status.subscribe(() => {
    const { phase } = conference.status.getSnapshot();
    if (phase !== shown.at(-1)) shown.push(phase);
  });
  return shown;
}

test("a standby waits on another server, and says nothing but that", async () => {
  const { zone, ada } = await meeting();
  expect(ada.status.getSnapshot()).toMatchObject({ phase: "connected", server: "collaboration-1" });
  expect(zone.standbys.map((socket) => socket.path).toSorted()).toEqual(zone.servers.toSorted());
  expect(zone.seen.filter((frame) => frame.frame === "standby")).toHaveLength(2);
  expect(zone.seen.filter((frame) => frame.frame === "resume")).toEqual([]);
  expect(zone.sockets.size).toBe(4);
});

test("a killed server is left at once, over the connection that waited", async () => {
  const { zone, ada, bob } = await meeting();
  const shown = phases(ada);
  const { opened } = zone;
  zone.kill("/s/collaboration-1");
  await until(() => ada.status.getSnapshot().phase === "connected");
  expect(zone.opened).toBe(opened);
  expect(shown).toEqual(["reconnecting", "connected"]);
  expect(ada.status.getSnapshot()).toMatchObject({
    server: "collaboration-2",
    justReconnected: false, // nobody saw that it was away
  });
  expect((await ada.post("still here").outcome).state).toBe("saved");
  await until(() => texts(bob).includes("still here"));
  // Nobody else is up: no standby now, and one as soon as there is somebody.
  expect(zone.standbys).toEqual([]);
  zone.down.clear();
  await until(() => zone.standbys.length === 2);
});

test("a frozen server is left when the standby is told more than it", async () => {
  const { zone, ada, bob } = await meeting();
  const frozen = [...zone.sockets].find((socket) => socket.path === "/s/collaboration-1");
  const { number } = ada.status.getSnapshot();
  const shown = phases(ada);
  const began = performance.now();
  zone.frozen.add("/s/collaboration-1");
  expect((await bob.post("can you hear me").outcome).state).toBe("saved");
  await until(() => texts(ada).includes("can you hear me"));
  const tookMs = performance.now() - began;
  expect(tookMs).toBeGreaterThan(150);
  expect(tookMs).toBeLessThan(1_400);
  expect(zone.pathOf(number ?? 0)).toBe("/s/collaboration-2");
  // What the old server still says must not end the session.
  expect(frozen?.left).toBe(true);
  expect(shown).not.toContain("reconnecting"); // it was kept until the other one welcomed us
  zone.frozen.clear();
  expect((await ada.post("yes").outcome).state).toBe("saved");
  expect(ada.status.getSnapshot().phase).toBe("connected");
});

test("a server that has what did not concern us is asked, and stays ours", async () => {
  const { zone, ada } = await meeting();
  const seen = zone.seen.length;
  const shown = phases(ada);
  const position = { epoch: "epoch-1", sequence: zone.head + 1 };
  for (const socket of zone.standbys) socket.deliver({ frame: "head", position });
  zone.advance();
  await until(() => zone.seen.slice(seen).filter((frame) => frame.frame === "ping").length === 2);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(shown).toEqual([]);
  expect(zone.seen.slice(seen).every((frame) => frame.frame === "ping")).toBe(true);
});

test("while the log takes nothing, who came over goes on, and saving is paused", async () => {
  const { zone, ada } = await meeting();
  const waiting = zone.standbys.find((socket) => socket.path === "/s/collaboration-2");
  zone.frozen.add("/s/collaboration-2");
  zone.kill("/s/collaboration-1");
  await until(() => ada.status.getSnapshot().phase === "reconnecting");
  zone.frozen.clear(); // it never got the resume, so no welcome comes
  waiting?.deliver({ frame: "attaching", generation: 2 });
  await until(() => ada.status.getSnapshot().phase === "connected");
  expect(ada.status.getSnapshot()).toMatchObject({
    server: "collaboration-2",
    savingPaused: true,
  });
});

test("a silent server is given up where the welcome waits for the log", async () => {
  const { zone, ada, bob } = await meeting();
  const waiting = zone.standbys.find((socket) => socket.path === "/s/collaboration-2");
  zone.frozen.add("/s/collaboration-1");
  zone.resumesWait = true;
  expect((await bob.post("anyone?").outcome).state).toBe("saved");
  await until(() => zone.seen.some((frame) => frame.frame === "resume"));
  expect(ada.status.getSnapshot().phase).toBe("connected");
  waiting?.deliver({ frame: "attaching", generation: 2 });
  await until(() => ada.status.getSnapshot().savingPaused);
  expect(ada.status.getSnapshot()).toMatchObject({
    phase: "connected",
    server: "collaboration-2",
  });
});

test("a silent server is left when the standby asks to look after it", async () => {
  const { zone, ada } = await meeting();
  const position = { epoch: "epoch-1", sequence: zone.head };
  const shown = phases(ada);
  for (const socket of zone.standbys) socket.deliver({ frame: "head", position });
  for (const socket of zone.standbys) socket.deliver({ frame: "head", position });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(shown).toEqual([]); // it answered
  zone.frozen.add("/s/collaboration-1");
  for (const socket of zone.standbys) socket.deliver({ frame: "head", position });
  await until(() => ada.status.getSnapshot().server === "collaboration-2");
});

test("work that nobody confirms is soon taken elsewhere", async () => {
  const { zone, ada, bob } = await meeting();
  zone.frozen.add("/s/collaboration-1");
  const began = performance.now();
  const said = ada.post("anyone?");
  expect((await said.outcome).state).toBe("saved");
  expect(performance.now() - began).toBeLessThan(4_000);
  await until(() => texts(bob).includes("anyone?"));
  expect(texts(bob)).toEqual(["anyone?"]);
});

test("with one server there is no standby", async () => {
  const zone = new Zone();
  zone.servers = ["/s/collaboration-1"];
  const ada = await connected(await new Browser(zone).visit("Ada"));
  await ada.post("alone").outcome;
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(zone.sockets.size).toBe(1);
  zone.servers = ["/s/collaboration-1", "/s/collaboration-2"];
  zone.tellServers();
  await until(() => zone.standbys.length === 1);
});

test("a standby is on another machine when there is one, also when it comes later", async () => {
  const zone = new Zone();
  const ada = await connected(await new Browser(zone).visit("Ada"));
  await until(() => zone.standbys.length === 1);
  expect(zone.standbys[0]?.url).toBe("ws://zone.test/s/collaboration-2");
  zone.servers = [...zone.servers, "http://other.test:81/s/collaboration-1"];
  zone.tellServers();
  await until(() => zone.standbys[0]?.url === "ws://other.test:81/s/collaboration-1");
  expect(zone.sockets.size).toBe(2);
  zone.drop("ws://zone.test/");
  await until(() => ada.status.getSnapshot().server === "collaboration-1@other.test:81");
  // Its paths are on its own machine; the page's own is named in full there.
  zone.servers = ["/s/collaboration-1", "http://zone.test/s/collaboration-2"];
  zone.tellServers();
  await until(() => zone.standbys[0]?.url === "ws://zone.test/s/collaboration-2");
  expect(ada.status.getSnapshot().phase).toBe("connected");
});

test("a session that is over has no standby", async () => {
  const { zone, ada, bob } = await meeting();
  await ada.leave();
  bob.close();
  await until(() => zone.sockets.size === 0);
});

test("a standby that fell silent gives way to another one, while our own server goes on", async () => {
  const zone = new Zone();
  zone.servers = ["/s/collaboration-1", "/s/collaboration-2", "/s/collaboration-3"];
  const ada = await connected(await new Browser(zone).visit("Ada"));
  await until(() => zone.standbys.some((socket) => socket.path === "/s/collaboration-2"));
  zone.frozen.add("/s/collaboration-2");
  expect((await ada.post("moving on").outcome).state).toBe("saved");
  await until(() => zone.standbys.some((socket) => socket.path === "/s/collaboration-3"));
  expect(ada.status.getSnapshot()).toMatchObject({ phase: "connected", server: "collaboration-1" });
});
