import { expect, test } from "vitest";

import { ASK_AFTER_MS, Lag, SWITCH_AFTER_MS } from "../src/lag";

function at(sequence: number, epoch = "e"): { epoch: string; sequence: number } {
  return { epoch, sequence };
}

function behind(): Lag {
  const lag = new Lag();
  lag.told(at(11));
  expect(lag.look(0, at(10), 0)).toEqual({ what: null, againMs: ASK_AFTER_MS });
  return lag;
}

test("who stays behind is asked after 60 ms and left 140 ms later", () => {
  const lag = behind();
  expect(lag.look(50, at(10), 0)).toEqual({ what: null, againMs: 10 });
  expect(lag.look(60, at(10), 0)).toEqual({ what: "ask", againMs: SWITCH_AFTER_MS });
  expect(lag.look(100, at(10), 0)).toEqual({ what: null, againMs: 100 });
  expect(lag.look(200, at(10), 0)).toEqual({ what: "switch", againMs: null });
});

test("who catches up is not asked, and who answers is not left", () => {
  expect(behind().look(100, at(11), 0)).toEqual({ what: null, againMs: null });
  const lag = behind();
  lag.look(100, at(10), 0);
  expect(lag.look(150, at(11), 0)).toEqual({ what: null, againMs: null });
});

test("a head that came meanwhile is waited for anew", () => {
  const lag = behind();
  lag.told(at(12));
  expect(lag.look(50, at(11), 0)).toEqual({ what: null, againMs: ASK_AFTER_MS });
  expect(lag.look(110, at(11), 0)).toMatchObject({ what: "ask" });
  expect(lag.look(250, at(11), 0)).toMatchObject({ what: "switch" });
});

test("places of another epoch say nothing, and no place is never behind", () => {
  const lag = new Lag();
  lag.told(at(11, "f"));
  expect(lag.look(0, at(10), 0)).toEqual({ what: null, againMs: null });
  expect(lag.look(0, at(0, ""), 0)).toEqual({ what: null, againMs: null });
});

test("a page that was busy reads first, and one that slept asks again", () => {
  const busy = behind();
  busy.look(100, at(10), 0);
  expect(busy.look(900, at(10), 0)).toEqual({ what: null, againMs: 20 });
  expect(busy.look(920, at(10), 0)).toMatchObject({ what: "switch" });
  const asleep = behind();
  asleep.look(100, at(10), 0);
  expect(asleep.look(60_000, at(10), 0)).toMatchObject({ what: "ask" });
  expect(asleep.look(60_200, at(10), 0)).toMatchObject({ what: "switch" });
});

function nudged(): Lag {
  const lag = new Lag();
  lag.told(at(10));
  expect(lag.look(0, at(10), 0)).toEqual({ what: null, againMs: null });
  lag.told(at(10));
  expect(lag.look(1_000, at(10), 900)).toEqual({ what: null, againMs: ASK_AFTER_MS });
  return lag;
}

test("a head that is told twice asks for a sign of life", () => {
  const silent = nudged();
  expect(silent.look(1_100, at(10), 900)).toEqual({ what: "ask", againMs: SWITCH_AFTER_MS });
  expect(silent.look(1_300, at(10), 900)).toEqual({ what: "switch", againMs: null });
  expect(nudged().look(1_100, at(10), 1_050)).toEqual({ what: null, againMs: null });
  const answers = nudged();
  answers.look(1_100, at(10), 900);
  expect(answers.look(1_300, at(10), 1_150)).toEqual({ what: null, againMs: null });
});

test("who is not attached is not left", () => {
  const lag = new Lag();
  lag.told(at(10));
  lag.told(at(10));
  expect(lag.look(0, at(0, ""), 0)).toEqual({ what: null, againMs: null });
});

test("who is far away is given the time to answer", () => {
  const lag = behind();
  expect(lag.look(60, at(10), 0, 300)).toEqual({ what: "ask", againMs: 600 });
  expect(lag.look(400, at(10), 0, 300)).toEqual({ what: null, againMs: 260 });
  expect(lag.look(660, at(10), 0, 300)).toMatchObject({ what: "switch" });
});
