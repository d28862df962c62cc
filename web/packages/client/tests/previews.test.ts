import { expect, test } from "vitest";

import type { Event, PendingEvent } from "../src/generated/frames.gen";
import {
  NO_PREVIEWS,
  previewMessages,
  previewsAfter,
  previewsFollowed,
  previewsSettled,
} from "../src/previews";
import { Browser, connected, until } from "./people";
import { Zone } from "./zone";

function said(number: number, counter: number, text = "hm"): PendingEvent {
  const body = { name: "Grace", text };
  return { number, counter, app: "chat", type: "posted", author: "p2", body };
}

function keys(previews: readonly { number: number; counter: number }[]): string[] {
  return previews.map(({ number, counter }) => `${number}/${counter}`);
}

test("previews are others', once each, and go when they are decided", () => {
  let previews = previewsAfter(NO_PREVIEWS, [said(2, 1), said(2, 2), said(9, 1)], 9, 0);
  previews = previewsAfter(previews, [said(2, 2), said(3, 1)], 9, 5);
  expect(keys(previews)).toEqual(["2/1", "2/2", "3/1"]);
  const event: Event = { index: 0, ...said(2, 1) };
  expect(keys(previewsFollowed(previews, [event]))).toEqual(["2/2", "3/1"]);
  expect(keys(previewsSettled(previews, 2, 2))).toEqual(["3/1"]);
  expect(previewsSettled(previews, 2, 0)).toBe(previews);
  expect(keys(previewsAfter(previews, [said(4, 1)], 9, 60_001))).toEqual(["3/1", "4/1"]);
});

test("only messages are shown in the chat", () => {
  const other = { ...said(2, 2), app: "whiteboard" };
  const odd = { ...said(2, 3), body: { text: 7 } };
  expect(previewMessages(previewsAfter([], [said(2, 1), other, odd], null, 4))).toEqual([
    { id: "2/1", author: "p2", name: "Grace", timeMs: 4, text: "hm", to: "" },
  ]);
});

test("a message that is not confirmed yet is shown apart until the log decides", async () => {
  const zone = new Zone();
  const ada = await connected(await new Browser(zone).visit("Ada"));
  const bob = await connected(await new Browser(zone).visit("Bob"));
  const number = bob.status.getSnapshot().number ?? 0;
  const tell = (...events: PendingEvent[]): void => {
    for (const socket of zone.sockets) socket.deliver({ frame: "pending", events });
  };
  const previews = (): string[] => ada.chat.getSnapshot().previews.map((one) => one.text);
  zone.holding = true;
  const posted = bob.post("soon");
  tell(said(number, 1, "soon"));
  await until(() => previews().length === 1);
  expect(previews()).toEqual(["soon"]);
  expect(ada.chat.getSnapshot().messages).toEqual([]);
  expect(bob.chat.getSnapshot().previews).toEqual([]);
  zone.commitAll();
  await posted.outcome;
  await until(() => ada.chat.getSnapshot().messages.length === 1);
  expect(previews()).toEqual([]);
  tell(said(number, 2, "never"));
  await until(() => previews().length === 1);
  for (const socket of zone.sockets) socket.deliver({ frame: "settled", number, through: 2 });
  await until(() => previews().length === 0);
});
