import { expect, test } from "vitest";
import * as Y from "yjs";

import type { Conference } from "../src/conference";
import type { DocumentHandle } from "../src/documents";
import { Browser, connected, docOf, ready, saved, textIn, until } from "./people";
import { Zone } from "./zone";

interface Writer {
  readonly browser: Browser;
  readonly conference: Conference;
  readonly pad: DocumentHandle;
}

async function writer(zone: Zone, name: string, browser = new Browser(zone)): Promise<Writer> {
  const conference = await connected(await browser.visit(name));
  const pad = conference.openDocument("pad");
  await ready(pad);
  return { browser, conference, pad };
}

function updates(zone: Zone): number {
  return zone.seen.filter((frame) => frame.frame === "op" && frame.app === "documents").length;
}

function down(zone: Zone): void {
  for (const server of zone.servers) zone.kill(server);
}

test("two people write into one text", async () => {
  const zone = new Zone();
  const ada = await writer(zone, "Ada");
  const bob = await writer(zone, "Bob");
  textIn(ada.pad).insert(0, "Hello ");
  await until(() => textIn(bob.pad).toJSON() === "Hello ");
  textIn(bob.pad).insert(6, "world");
  textIn(ada.pad).delete(0, 1);
  textIn(ada.pad).insert(0, "J");
  await saved(ada.pad, bob.pad);
  await until(() => textIn(ada.pad).toJSON() === "Jello world");
  expect(textIn(bob.pad).toJSON()).toBe("Jello world");
  expect(zone.text("pad")).toBe("Jello world");
  expect(docOf(ada.pad).clientID).toBe(ada.conference.status.getSnapshot().number);
});

test("keystrokes are merged while an operation is in flight", async () => {
  const zone = new Zone();
  const ada = await writer(zone, "Ada");
  zone.holding = true;
  const words = "merged while nothing comes back";
  for (const [at, letter] of [...words].entries()) textIn(ada.pad).insert(at, letter);
  expect(ada.pad.getSnapshot().saved).toBe(false);
  expect(updates(zone)).toBe(1);
  zone.holding = false;
  zone.commitAll();
  await saved(ada.pad);
  expect(updates(zone)).toBe(2);
  expect(zone.text("pad")).toBe(words);
});

test("edits made without a connection are saved after it, and the editor stays", async () => {
  const zone = new Zone();
  const ada = await writer(zone, "Ada");
  const bob = await writer(zone, "Bob");
  const before = docOf(ada.pad);
  down(zone);
  textIn(ada.pad).insert(0, "offline");
  zone.down.clear();
  await until(() => textIn(bob.pad).toJSON() === "offline");
  await saved(ada.pad);
  expect(docOf(ada.pad)).toBe(before);
});

test("a refused edit is taken out everywhere and its text is offered; what follows is kept", async () => {
  const zone = new Zone();
  const ada = await writer(zone, "Ada");
  const bob = await writer(zone, "Bob");
  textIn(ada.pad).insert(0, "kept. ");
  await saved(ada.pad);
  zone.holding = true;
  zone.refuse.set("documents/update", "document_invalid");
  const length = 6;
  textIn(ada.pad).insert(length, "REFUSED");
  textIn(ada.pad).insert(0, "later: "); // does not hang on what is refused
  zone.holding = false;
  zone.commitAll();
  await until(() => ada.pad.getSnapshot().version === 2);
  await saved(ada.pad);
  expect(textIn(ada.pad).toJSON()).toBe("later: kept. ");
  expect(zone.text("pad")).toBe("later: kept. ");
  await until(() => textIn(bob.pad).toJSON() === "later: kept. ");
  expect(ada.conference.notices.getSnapshot()).toMatchObject([
    { code: "document_invalid", document: "pad", text: "REFUSED" },
  ]);
  textIn(ada.pad).insert(0, "!");
  await saved(ada.pad);
  expect(zone.text("pad")).toBe("!later: kept. ");
});

test("text that hangs on a refused edit is offered too", async () => {
  const zone = new Zone();
  const ada = await writer(zone, "Ada");
  zone.holding = true;
  zone.refuse.set("documents/update", "document_clock");
  textIn(ada.pad).insert(0, "one ");
  textIn(ada.pad).insert(4, "two");
  zone.holding = false;
  zone.commitAll();
  await until(() => ada.pad.getSnapshot().version === 2);
  await saved(ada.pad);
  expect(ada.conference.notices.getSnapshot().map((n) => n.text)).toEqual(["one ", "two"]);
  expect(zone.text("pad")).toBe("");
});

test("under a new number unsaved edits are made again, also those in flight", async () => {
  const zone = new Zone();
  const ada = await writer(zone, "Ada");
  textIn(ada.pad).insert(0, "saved");
  await saved(ada.pad);
  zone.holding = true;
  textIn(ada.pad).insert(5, " flight");
  textIn(ada.pad).insert(12, " waiting");
  textIn(ada.pad).delete(0, 1);
  textIn(ada.pad).insert(0, "S");
  zone.endSession(1);
  zone.holding = false;
  await until(() => ada.pad.getSnapshot().version === 2);
  await saved(ada.pad);
  expect(docOf(ada.pad).clientID).toBe(2);
  expect(textIn(ada.pad).toJSON()).toBe("Saved flight waiting");
  expect(zone.text("pad")).toBe("Saved flight waiting");
  expect(ada.conference.notices.getSnapshot()).toEqual([]);
});

test("rich text keeps its structure under a new number", async () => {
  const zone = new Zone();
  const ada = await connected(await new Browser(zone).visit("Ada"));
  const notes = ada.openDocument("notes");
  const fragment = (await ready(notes)).getXmlFragment("content");
  const paragraph = new Y.XmlElement("paragraph");
  fragment.insert(0, [paragraph]);
  await saved(notes);
  zone.holding = true;
  const text = new Y.XmlText("bold");
  paragraph.insert(0, [text]);
  text.format(0, 4, { bold: {} });
  paragraph.setAttribute("align", "left");
  const wanted = fragment.toJSON();
  zone.endSession(1);
  zone.holding = false;
  await until(() => notes.getSnapshot().version === 2);
  await saved(notes);
  expect(docOf(notes).getXmlFragment("content").toJSON()).toBe(wanted);
  expect(wanted).toContain("bold");
});

test("a closed tab's edits are in the document that the next tab opens", async () => {
  const zone = new Zone();
  const ada = await writer(zone, "Ada");
  down(zone);
  textIn(ada.pad).insert(0, "typed and gone");
  ada.conference.close();
  const next = await ada.browser.visit("Ada");
  zone.down.clear();
  await connected(next);
  const pad = next.openDocument("pad");
  await ready(pad);
  expect(textIn(pad).toJSON()).toBe("typed and gone");
  textIn(pad).insert(0, "not ");
  await saved(pad);
  expect(zone.text("pad")).toBe("not typed and gone");
});

test("edits of an expired session are made again although nobody opens the document", async () => {
  const zone = new Zone();
  const ada = await writer(zone, "Ada");
  down(zone);
  textIn(ada.pad).insert(0, "from last month");
  ada.conference.close();
  zone.endSession(1);
  zone.down.clear();
  const next = await connected(await ada.browser.visit("Ada"));
  await until(() => zone.text("pad") === "from last month");
  await until(() => next.status.getSnapshot().unsaved === 0);
});

test("a large paste goes in parts", async () => {
  const zone = new Zone();
  const ada = await writer(zone, "Ada");
  const bob = await writer(zone, "Bob");
  const large = "päste 😀 ".repeat(30_000);
  textIn(ada.pad).insert(0, large);
  await saved(ada.pad);
  expect(zone.text("pad") === large).toBe(true);
  await until(() => textIn(bob.pad).length === large.length);
  for (const { update } of zone.documents.get("pad")?.updates ?? []) {
    expect(update.length).toBeLessThan(100 * 1024);
  }
});

test("carets come and go with their people", async () => {
  const zone = new Zone();
  const ada = await writer(zone, "Ada");
  const bob = await writer(zone, "Bob");
  ada.pad.getSnapshot().awareness?.setLocalStateField("user", { name: "Ada" });
  bob.pad.getSnapshot().awareness?.setLocalStateField("user", { name: "Bob" });
  const namesAt = ({ pad }: Writer): unknown[] =>
    [...(pad.getSnapshot().awareness?.getStates().values() ?? [])].map((s) => s["user"]?.name);
  await until(() => namesAt(ada).includes("Bob") && namesAt(bob).includes("Ada"));
  bob.conference.close();
  await until(() => !namesAt(ada).includes("Bob"));
  const again = await writer(zone, "Bob", bob.browser);
  again.pad.getSnapshot().awareness?.setLocalStateField("user", { name: "Bob" });
  await until(() => namesAt(ada).includes("Bob") && namesAt(again).includes("Ada"));
});

test("many edits and killed servers end alike everywhere, with nothing lost", async () => {
  const zone = new Zone();
  const people = [await writer(zone, "Ada"), await writer(zone, "Bob")];
  for (let round = 0; round < 200; round += 1) {
    const { pad } = people[round % 2] as Writer;
    textIn(pad).insert(Math.floor(textIn(pad).length / 2), `${round},`);
    if (round % 7 === 0) zone.drop();
    if (round % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1)); // lets frames pass
  }
  await saved(...people.map(({ pad }) => pad));
  const text = zone.text("pad");
  for (const { pad } of people) await until(() => textIn(pad).toJSON() === text);
  const numbers = text.split(",").filter((part) => part !== "");
  expect(text.replaceAll(",", "")).toHaveLength(10 + 180 + 300);
  expect(numbers.length).toBeGreaterThan(0);
});
