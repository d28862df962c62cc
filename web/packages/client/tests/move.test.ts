/** Going over to another server while our own serves on: nobody notices, and nothing is missed. */
import { expect, test } from "vitest";

import type { Conference } from "../src/conference";
import { SessionCore } from "../src/session";
import { Browser, connected, until } from "./people";
import { Zone } from "./zone";

const ONE = "/s/collaboration-1";
const TWO = "/s/collaboration-2";

async function meeting(): Promise<{ zone: Zone; ada: Conference; bob: Conference }> {
  const zone = new Zone();
  const ada = await connected(await new Browser(zone).visit("Ada"));
  zone.servers = zone.servers.toReversed();
  const bob = await connected(await new Browser(zone).visit("Bob"));
  return { zone, ada, bob };
}

function texts(conference: Conference): string[] {
  return conference.chat.getSnapshot().messages.map((message) => message.text);
}

/** Whether anything but the server's name was ever shown to change. */
function troubles(conference: Conference): string[] {
  const shown: string[] = [];
  conference.status.subscribe(() => {
    const { phase, justReconnected, reason } = conference.status.getSnapshot();
    if (phase !== "connected" || justReconnected || reason !== null) shown.push(phase);
  });
  return shown;
}

function numberOf(conference: Conference): number {
  return conference.status.getSnapshot().number ?? 0;
}

test.each(["with a standby", "before there is one"])("a move shows nothing %s", async (when) => {
  const { zone, ada, bob } = await meeting();
  if (when === "with a standby") await until(() => zone.standbys.length === 2);
  const shown = troubles(ada);
  zone.move(ONE, [TWO]);
  const said: Promise<unknown>[] = [];
  for (let count = 0; count < 20; count += 1) {
    said.push(ada.post(`a${count}`).outcome, bob.post(`b${count}`).outcome);
    await Promise.resolve();
  }
  await until(() => zone.pathOf(numberOf(ada)) === TWO);
  expect((await Promise.all(said)).every((one) => (one as { state: string }).state === "saved")).toBe(
    true,
  );
  await until(() => texts(ada).length === 40 && texts(bob).length === 40);
  expect(texts(ada)).toEqual(texts(bob));
  expect(texts(ada).filter((text) => text.startsWith("a"))).toEqual(
    Array.from({ length: 20 }, (_, count) => `a${count}`),
  );
  expect(shown).toEqual([]);
  expect(ada.status.getSnapshot().server).toBe("collaboration-2");
});

test("what waits for its outcome is sent again where we went, and saved once", async () => {
  const { zone, ada } = await meeting();
  zone.holding = true;
  const posted = ada.post("once");
  zone.move(ONE, [TWO]);
  await until(() => zone.pathOf(numberOf(ada)) === TWO);
  zone.holding = false;
  zone.commitAll();
  expect((await posted.outcome).state).toBe("saved");
  expect(texts(ada)).toEqual(["once"]);
});

test("a question is answered though we move meanwhile", async () => {
  const { zone, ada } = await meeting();
  const asked = ada.get("document", { document: "pad" });
  zone.move(ONE, [TWO]);
  expect(await asked).toMatchObject({ clock: 0 });
  await until(() => zone.pathOf(numberOf(ada)) === TWO);
});

test("a server that cannot be reached is passed over, and without any we stay", async () => {
  const { zone, ada } = await meeting();
  const shown = troubles(ada);
  zone.down.add("/s/collaboration-3");
  zone.move(ONE, ["/s/collaboration-3"]);
  expect((await ada.post("still here").outcome).state).toBe("saved");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(zone.pathOf(numberOf(ada))).toBe(ONE);
  zone.move(ONE, ["/s/collaboration-3", TWO]);
  await until(() => zone.pathOf(numberOf(ada)) === TWO);
  expect(shown).toEqual([]);
});

test("a session that goes on in another window stops, also while it moves", () => {
  const credentials = { session: "s", number: 1, person: "p", token: "t", generation: 1 };
  const core = new SessionCore(credentials, []);
  core.opened();
  const position = { epoch: "e", sequence: 5 };
  const welcome = {
    frame: "welcome",
    ...credentials,
    generation: 2,
    server: "one",
    position,
    last: 0,
    rejected: [],
    resumed: false,
    state: {},
    rate_per_s: 0,
    sequence: 5,
  } as const;
  core.received(welcome);
  expect(core.moveFrame()).toMatchObject({ frame: "resume", generation: 3, position });
  const bye = { code: "taken_over", message: "", reconnect: false, last: 0, rejected: [] };
  core.received({ frame: "bye", ...bye, sequence: 0, reason: "" });
  expect(core.handedOver).toBe(true);
  const fault = { code: "attach_refused", message: "", request: 0, generation: 3 };
  expect(core.receivedElsewhere({ frame: "fault", ...fault })).toBe("failed");
  core.takeEffects();
  core.closed(0);
  expect(core.takeEffects()).toMatchObject([{ kind: "stop", code: "taken_over" }]);
});

test("a welcome that is behind what is known here is not taken", () => {
  const credentials = { session: "s", number: 1, person: "p", token: "t", generation: 1 };
  const core = new SessionCore(credentials, []);
  core.opened();
  const welcome = {
    frame: "welcome",
    ...credentials,
    server: "one",
    last: 0,
    rejected: [],
    resumed: false,
    state: {},
    rate_per_s: 0,
  } as const;
  const at = (sequence: number) => ({ sequence, position: { epoch: "e", sequence } });
  core.received({ ...welcome, generation: 2, ...at(9) });
  core.moveFrame();
  expect(core.receivedElsewhere({ ...welcome, generation: 3, ...at(8) })).toBe("failed");
});
