import { expect, test } from "vitest";

import { IMPATIENT, Keepalive, reconnectDelayMs, ServerList } from "../src/reconnect";

test("the first attempt is at once, later ones are spread up to five seconds", () => {
  expect(reconnectDelayMs(0, 0.999)).toBeLessThan(30);
  const longest = [1, 2, 3, 8, 100].map((failures) => reconnectDelayMs(failures, 1));
  expect(longest).toEqual([100, 200, 400, 5_000, 5_000]);
  expect(reconnectDelayMs(8, 0)).toBe(0);
});

test("servers are tried best first, and those that failed last, the longest ago first", () => {
  const list = new ServerList();
  expect(list.next()).toBeNull();
  list.replace(["a", "b", "c"]);
  expect(list.next()).toBe("a");
  list.failed("a");
  expect(list.next()).toBe("b");
  list.failed("b");
  list.failed("c");
  expect(list.next()).toBe("a");
  list.worked("c");
  expect(list.next()).toBe("c");
  list.replace([]);
  expect(list.size).toBe(3);
  list.replace(["d", "a"]);
  expect(list.next()).toBe("d");
});

/** Ticks every half second from `from` to `to`, and says what was to be done when. */
function run(keepalive: Keepalive, from: number, to: number): [number, string][] {
  const done: [number, string][] = [];
  for (let now = from; now <= to; now += 500) {
    const what = keepalive.tick(now);
    if (what !== null) done.push([now, what]);
  }
  return done;
}

test("a silent connection is asked, and given up five seconds later", () => {
  const keepalive = new Keepalive(0);
  expect(run(keepalive, 500, 7_500)).toEqual([
    [2_500, "ping"],
    [7_500, "dead"],
  ]);
});

test("any answer counts, and sending alone does not", () => {
  const keepalive = new Keepalive(0);
  expect(run(keepalive, 500, 3_000)).toEqual([[2_500, "ping"]]);
  keepalive.received(3_000);
  keepalive.sent(5_000);
  expect(run(keepalive, 3_500, 5_500)).toEqual([[5_500, "ping"]]);
});

test("a page that slept asks before it gives up", () => {
  const keepalive = new Keepalive(0);
  expect(run(keepalive, 500, 2_500)).toEqual([[2_500, "ping"]]);
  expect(keepalive.tick(60_000)).toBe("ping");
  expect(keepalive.tick(60_500)).toBeNull();
  expect(keepalive.tick(62_000)).toBeNull();
});

test("while work waits silence is noticed soon, but never behind a first late look", () => {
  const keepalive = new Keepalive(0);
  keepalive.sent(200);
  expect(keepalive.tick(250, IMPATIENT)).toBe("ping");
  expect(keepalive.tick(750, IMPATIENT)).toBeNull();
  expect(keepalive.tick(1_000, IMPATIENT)).toBe("dead");
  const busy = new Keepalive(0);
  expect(busy.tick(500, IMPATIENT)).toBe("ping");
  expect(busy.tick(2_400, IMPATIENT)).toBeNull();
  busy.received(2_401);
  expect(busy.tick(2_500, IMPATIENT)).toBe("ping");
});

test("long idleness is no silence: it is asked first", () => {
  const keepalive = new Keepalive(0);
  expect(run(keepalive, 500, 2_000)).toEqual([]);
  expect(keepalive.tick(2_400, IMPATIENT)).toBe("ping");
});
