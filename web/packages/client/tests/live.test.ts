/**
 * Against a real zone, when one is named: `FOLKMOOT_TEST_URL=http://127.0.0.1:8080 npm test`.
 * Kill its processes meanwhile as you like.
 */
import { expect, test } from "vitest";

import { createRoom } from "../src/api";
import { connect } from "../src/connect";
import { connected, docOf, ready, saved, textIn, until } from "./people";
import { MemoryLocks, MemoryStorage } from "./browser";

declare const process: { readonly env: Readonly<Record<string, string | undefined>> };
const baseUrl = process.env["FOLKMOOT_TEST_URL"];

test.skipIf(baseUrl === undefined)("a real zone takes what two people say and write", async () => {
  const { slug } = await createRoom("Live", { baseUrl });
  const visit = (name: string) =>
    connect({
      slug,
      name,
      baseUrl,
      storage: { local: new MemoryStorage(), tab: new MemoryStorage() },
      locks: new MemoryLocks(),
    });
  const ada = await connected(await visit("Ada"));
  const bob = await connected(await visit("Bob"));
  const outcomes = Array.from({ length: 300 }, (_, at) => ada.post(`m${at}`).outcome);
  expect(new Set((await Promise.all(outcomes)).map((o) => o.state))).toEqual(new Set(["saved"]));
  await until(() => bob.chat.getSnapshot().messages.length === 300);
  expect(bob.chat.getSnapshot().messages.map((m) => m.text)).toEqual(
    Array.from({ length: 300 }, (_, at) => `m${at}`),
  );
  expect(bob.roster.getSnapshot().persons.map((p) => [p.name, p.present])).toEqual([
    ["Ada", true],
    ["Bob", true],
  ]);
  const pads = [ada.openDocument("pad"), bob.openDocument("pad")] as const;
  for (const pad of pads) await ready(pad);
  for (let at = 0; at < 100; at += 1) textIn(pads[at % 2 === 0 ? 0 : 1]).insert(0, `${at},`);
  textIn(pads[0]).insert(0, "long 😀 ".repeat(20_000));
  await saved(...pads);
  await until(() => textIn(pads[0]).toJSON() === textIn(pads[1]).toJSON());
  docOf(pads[0]);
  expect(ada.notices.getSnapshot()).toEqual([]);
  ada.openDocument("pad").getSnapshot().awareness?.setLocalStateField("user", { name: "Ada" });
  await until(() =>
    [...(pads[1].getSnapshot().awareness?.getStates().values() ?? [])].some(
      (state) => state["user"]?.name === "Ada",
    ),
  );
  await ada.leave();
  await until(() => bob.roster.getSnapshot().persons.length === 1);
  bob.close();
});
