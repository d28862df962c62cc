import { expect, test } from "vitest";

import type { ServerFrame, Welcome } from "../src/generated/frames.gen";
import { type Effect, type NewOperation, type OutboxRecord, SessionCore } from "../src/session";

const WELCOME: Welcome = {
  frame: "welcome",
  session: "s1",
  number: 1,
  person: "p",
  token: "t1",
  generation: 1,
  server: "collaboration-1",
  position: { epoch: "e", sequence: 10 },
  last: 0,
  rejected: [],
  resumed: false,
  state: {},
  rate_per_s: 50,
  sequence: 10,
};

function operation(id: string, lane = "", number = 0): NewOperation {
  return { id, app: "chat", type: "post", body: { id }, lane, number, atMs: 0 };
}

function attached(records: readonly OutboxRecord[] = []): SessionCore {
  const core = new SessionCore(null, records);
  core.useTicket({ ticket: "ticket", nonce: "nonce" });
  core.opened();
  core.received(WELCOME);
  return core;
}

function kinds(core: SessionCore): string[] {
  return core.takeEffects().map((effect) => effect.kind);
}

function sent(core: SessionCore): number[] {
  return core
    .takeEffects()
    .flatMap((e: Effect) => (e.kind === "send" && e.frame.frame === "op" ? [e.frame.counter] : []));
}

function events(prev: number, sequence: number): ServerFrame {
  return { frame: "events", prev, batch: { sequence, time_ms: 0, events: [] } };
}

function bye(code: string, more: object = {}): ServerFrame {
  const frame = { frame: "bye", code, message: "", reconnect: true, last: 0 } as const;
  return { ...frame, rejected: [], sequence: 0, reason: "", ...more };
}

test("events follow from the welcome's position, copies are passed over, a hole is not", () => {
  const core = attached();
  core.takeEffects();
  core.received(events(10, 12));
  core.received(events(12, 13));
  expect(kinds(core)).toEqual(["batch", "batch"]);
  core.received(events(12, 13));
  expect(kinds(core)).toEqual([]);
  core.received(events(14, 15));
  core.received(events(15, 16));
  expect(kinds(core)).toEqual(["disconnect"]);
});

test("what follows a batch from before a view is next after the view", () => {
  const core = attached();
  core.takeEffects();
  core.received(events(8, 11));
  expect(kinds(core)).toEqual(["batch"]);
  core.received(events(12, 13));
  expect(kinds(core)).toEqual(["disconnect"]);
});

test("a lost connection is resumed from the own position under the next generation", () => {
  const core = attached();
  core.received(events(10, 12));
  core.closed(1006);
  core.takeEffects();
  core.opened();
  expect(core.takeEffects()).toMatchObject([
    {
      frame: { frame: "resume", token: "t1", generation: 2, position: { epoch: "e", sequence: 12 } },
    },
  ]);
  const code = "attach_refused";
  core.received({ frame: "fault", code, message: "", request: 0, generation: 7 });
  expect(core.takeEffects()).toMatchObject([{ frame: { generation: 8 } }]);
});

test("no more are in flight than the protocol allows", () => {
  const core = attached();
  core.takeEffects();
  for (let at = 0; at < 300; at += 1) core.submit(operation(`o${at}`));
  expect(sent(core)).toHaveLength(256);
  core.received({ frame: "outcomes", sequence: 11, through: 40, rejected: [] });
  expect(sent(core)).toEqual(Array.from({ length: 40 }, (_, at) => 257 + at));
});

test("one operation of a lane goes at a time and the waiting ones can be amended or dropped", () => {
  const core = attached();
  core.takeEffects();
  for (const id of ["a", "b", "c"]) core.submit(operation(id, "lane"));
  core.submit(operation("d"));
  expect(sent(core)).toEqual([1, 2]);
  expect(core.amend("a", {}, 0)).toBe(false);
  expect(core.amend("b", { new: true }, 0)).toBe(true);
  expect(core.drop("c")).toBe(true);
  core.received({ frame: "outcomes", sequence: 11, through: 1, rejected: [] });
  expect(core.takeEffects()).toContainEqual(
    expect.objectContaining({
      frame: expect.objectContaining({ counter: 3, body: { new: true } }) as unknown,
    }),
  );
});

test("a refusal holds what follows in its lane until it is amended", () => {
  const core = attached();
  core.submit(operation("a", "lane"));
  core.submit(operation("b", "lane"));
  core.takeEffects();
  const rejected = [{ counter: 1, code: "document_clock", message: "" }];
  core.received({ frame: "outcomes", sequence: 11, through: 1, rejected });
  expect(core.pending).toMatchObject([{ id: "b", held: true }]);
  expect(sent(core)).toEqual([]);
  core.amend("b", {}, 0);
  expect(sent(core)).toEqual([2]);
});

test("counters of a session that is not known any more have no outcome, and are never sent", () => {
  const record = { ...operation("a"), counter: 5, held: false };
  const core = new SessionCore(null, [record]);
  expect(core.takeEffects()).toContainEqual({
    kind: "settled",
    record,
    outcome: expect.objectContaining({ code: "outcome_unknown" }) as unknown,
  });
  expect(core.pending).toEqual([]);
});

test("what was made for a number waits for its maker when the session has another one", () => {
  const record = { ...operation("a", "lane", 7), counter: 0, held: false };
  const core = attached([record]);
  expect(core.pending).toMatchObject([{ id: "a", held: true, counter: 0 }]);
});

test("a zone restored from a backup gets what it does not know under new counters", () => {
  const core = attached();
  for (const id of ["a", "b", "c"]) core.submit(operation(id));
  core.received({ frame: "outcomes", sequence: 11, through: 2, rejected: [] });
  core.closed(1006);
  core.opened();
  core.takeEffects();
  core.received({ ...WELCOME, generation: 2, last: 0, position: { epoch: "f", sequence: 3 } });
  expect(sent(core)).toEqual([1]);
});

test.each([
  ["going_away", "reconnect"],
  ["too_slow", "reconnect"],
  ["taken_over", "stop"],
  ["frame_malformed", "stop"],
  ["unknown_room", "stop"],
  ["token_expired", "reconnect"],
  ["a_code_of_tomorrow", "reconnect"],
])("a connection that ends with %s leads to %s", (code, kind) => {
  const core = attached();
  core.received(bye(code));
  core.closed(1006);
  expect(kinds(core)).toContain(kind);
});

test("the WebSocket's close code says as much as the last frame", () => {
  const core = attached();
  core.closed(4001);
  expect(core.takeEffects().at(-1)).toMatchObject({ kind: "stop", code: "taken_over" });
});

test("a closed session is joined anew, and leaving is the end", () => {
  const core = attached();
  core.received(bye("session_closed"));
  core.closed(4002);
  expect(core.needsTicket).toBe(true);
  const other = attached();
  other.leaving = true;
  other.received(bye("session_closed"));
  other.closed(4002);
  expect(other.takeEffects().at(-1)).toMatchObject({ kind: "stop", code: "left" });
});

test("how far the server is known to be is told by whatever it says", () => {
  const core = new SessionCore(null, []);
  expect(core.reached).toEqual({ epoch: "", sequence: 0 });
  core.useTicket({ ticket: "ticket", nonce: "nonce" });
  core.opened();
  core.received({ ...WELCOME, sequence: 12 });
  const reached = [core.reached.sequence];
  core.received(events(10, 13));
  reached.push(core.reached.sequence);
  core.received({ frame: "outcomes", sequence: 15, through: 0, rejected: [] });
  reached.push(core.reached.sequence);
  core.received({ frame: "pong", nonce: 0, sequence: 20, time_ms: 0 });
  core.received({ frame: "pong", nonce: 0, sequence: 0, time_ms: 0 });
  reached.push(core.reached.sequence);
  expect(reached).toEqual([12, 13, 15, 20]);
  core.closed(1006);
  expect(core.reached).toEqual({ epoch: "", sequence: 0 });
});

test("work is awaited from its first sending to its outcome", () => {
  const core = attached();
  expect(core.awaiting).toBe(false);
  core.submit(operation("a"));
  expect(core.awaiting).toBe(true);
  core.received({ frame: "outcomes", sequence: 11, through: 1, rejected: [] });
  expect(core.awaiting).toBe(false);
});

function outcomes(core: SessionCore): unknown[] {
  return core.takeEffects().flatMap((e) => (e.kind === "settled" ? [e.outcome] : []));
}

test("a receipt says where it was decided, also when that is learnt later", () => {
  const core = attached();
  for (const id of ["a", "b", "c", "d"]) core.submit(operation(id));
  core.received({ frame: "outcomes", sequence: 11, through: 1, rejected: [] });
  core.closed(1006);
  core.opened();
  const rejected = [{ counter: 2, code: "document_clock", message: "" }];
  core.received({ ...WELCOME, generation: 2, resumed: true, last: 2, rejected, sequence: 14 });
  core.received(bye("session_closed", { last: 3, sequence: 19 }));
  core.closed(4002);
  expect(outcomes(core)).toMatchObject([
    { state: "saved", position: { epoch: "e", sequence: 11 } },
    { state: "failed", code: "document_clock", position: { epoch: "e", sequence: 14 } },
    { state: "saved", position: { epoch: "e", sequence: 19 } },
  ]);
  expect(core.pending).toMatchObject([{ id: "d", counter: 0 }]);
});

test("a session that was closed tells what it had refused", () => {
  const core = attached();
  for (const id of ["a", "b", "c"]) core.submit(operation(id));
  const rejected = [{ counter: 1, code: "not_found", message: "" }];
  core.received(bye("session_closed", { last: 2, rejected, sequence: 12 }));
  core.closed(4002);
  expect(outcomes(core)).toMatchObject([
    { state: "failed", code: "not_found" },
    { state: "saved" },
  ]);
  expect(core.pending).toMatchObject([{ id: "c", counter: 0 }]);
});

test("while the log takes nothing, work goes on under the attachment that was asked for", () => {
  const core = attached();
  core.submit(operation("one"));
  core.closed(1006);
  core.takeEffects();
  core.opened();
  core.submit(operation("two"));
  expect(sent(core)).toEqual([]);
  core.received({ frame: "attaching", generation: 7 });
  expect(sent(core)).toEqual([]);
  core.received({ frame: "attaching", generation: 2 });
  expect(sent(core)).toEqual([1, 2]);
  core.submit(operation("three"));
  expect(sent(core)).toEqual([3]);
  core.received({ ...WELCOME, generation: 2, resumed: true, last: 1 });
  expect(sent(core)).toEqual([2, 3]);
});

test("a refused attachment takes nothing more until the next one", () => {
  const core = attached();
  core.closed(1006);
  core.opened();
  core.received({ frame: "attaching", generation: 2 });
  core.received({ frame: "fault", code: "attach_refused", message: "", request: 0, generation: 4 });
  core.takeEffects();
  core.submit(operation("one"));
  expect(sent(core)).toEqual([]);
  core.received({ frame: "attaching", generation: 5 });
  expect(sent(core)).toEqual([1]);
});
