import fc from "fast-check";
import { expect, test } from "vitest";

import { type Agenda, agendaAfter, agendaOfView, leftOf } from "../src/apps/agenda";
import { handsAfter, handsOfView, handsWith, NO_HANDS } from "../src/apps/hands";
import { NO_POLLS, pollsAfter, pollsOfView, quorumReached } from "../src/apps/polls";
import { NO_QUESTIONS, questionsAfter, questionsOfView } from "../src/apps/questions";
import { reactionsOf } from "../src/apps/reactions";
import type { Event } from "../src/generated/frames.gen";
import { LogClock } from "../src/logClock";
import { Talk } from "../src/talk";

function event(app: string, type: string, body: unknown, author = ""): Event {
  return { index: 0, app, type, author, number: 0, counter: 0, body };
}

const POLL = {
  poll: "9.0", kind: "quiz", title: "Pi?", options: ["3", "3.14"], secret: true, live: false,
  changeable: true, choices_max: 1, quorum_percent: 50, points: 2, phase: "open", published: false,
  created_ms: 1, started_ms: 2, deadline_ms: 0, closed_ms: 0, votes: 0, eligible: 4,
};

test("a poll keeps one's own vote through its changes, and gives the points of it", () => {
  let polls = pollsAfter(NO_POLLS, event("polls", "changed", POLL));
  polls = pollsAfter(polls, event("polls", "voted", { poll: "9.0", choices: [1], text: "" }));
  polls = pollsAfter(polls, event("polls", "counted", { poll: "9.0", votes: 1, eligible: 4 }));
  expect(polls[0]).toMatchObject({ votes: 1, counts: null, mine: { choices: [1] } });
  expect(polls.map(quorumReached)).toEqual([false]);
  const closed = { ...POLL, phase: "closed", votes: 2, counts: [1, 1], published: true, right: [1] };
  polls = pollsAfter(polls, event("polls", "changed", closed));
  expect(polls[0]).toMatchObject({ phase: "closed", score: 2, counts: [1, 1] });
  expect(polls.map(quorumReached)).toEqual([true]);
  const earlier = pollsAfter(polls, event("polls", "changed", { ...POLL, poll: "7.3" }));
  expect(earlier.map(({ id }) => id)).toEqual(["7.3", "9.0"]);
  expect(pollsAfter(polls, event("polls", "removed", { poll: "9.0" }))).toEqual([]);
});

test("a poll's view is read, and what is no poll is left out", () => {
  const view = { polls: [{ ...POLL, mine: { choices: [0], text: "" }, score: 0 }, { poll: 7 }, null] };
  expect(pollsOfView(view)).toMatchObject([{ id: "9.0", mine: { choices: [0] }, score: 0 }]);
  expect(pollsOfView(null)).toBe(NO_POLLS);
  expect(pollsAfter(NO_POLLS, event("polls", "changed", { ...POLL, kind: "dance" }))).toBe(NO_POLLS);
  const ranking = { rounds: [{ counts: [1, -1], out: [] }], winners: [0], borda: [3, 2] };
  expect(pollsOfView({ polls: [{ ...POLL, ranking }] })[0]?.ranking).toEqual(ranking);
});

const QUESTION = {
  question: "4.1", author: "p2", name: "Grace", text: "Why?", anonymous: false, asked_ms: 1,
  phase: "open", supports: 0, answer: "", answered_by: "", answered_ms: 0,
};

test("a question is one's own by its author, or because one is told so", () => {
  let state = questionsAfter(NO_QUESTIONS, event("questions", "asked", QUESTION), "p2");
  expect(state.questions[0]).toMatchObject({ own: true, supported: false });
  const unnamed = { ...QUESTION, question: "5.0", author: "", name: "", anonymous: true };
  state = questionsAfter(state, event("questions", "asked", unnamed), "p2");
  expect(state.questions[1]?.own).toBe(false);
  state = questionsAfter(state, event("questions", "own", { question: "5.0" }), "p2");
  state = questionsAfter(state, event("questions", "changed", { ...unnamed, phase: "answered" }), "p2");
  expect(state.questions[1]).toMatchObject({ own: true, phase: "answered" });
});

test("support is one's own matter, its number everyone's", () => {
  let state = questionsOfView({ questions: [QUESTION], anonymous_allowed: false }, "p1");
  expect(state.anonymousAllowed).toBe(false);
  state = questionsAfter(state, event("questions", "supported", { question: "4.1", up: true }), "p1");
  state = questionsAfter(state, event("questions", "counted", { supports: { "4.1": 3 } }), "p1");
  expect(state.questions[0]).toMatchObject({ supported: true, supports: 3 });
  state = questionsAfter(state, event("questions", "removed", { question: "4.1" }), "p1");
  expect(state.questions).toEqual([]);
  state = questionsAfter(state, event("questions", "anonymous_allowed", { allowed: true }), "p1");
  expect(state.anonymousAllowed).toBe(true);
});

test("hands stand in line, and what is pending shows at its end", () => {
  let hands = handsOfView({ raised: [{ person: "p1", time_ms: 4 }], turn: "" });
  hands = handsAfter(hands, event("hands", "raised", { person: "p2" }), 5);
  const shown = handsWith(hands, [
    { person: "p3", up: true, atMs: 6 },
    { person: "p1", up: true, atMs: 6 },
    { person: "p2", up: false, atMs: 7 },
  ]);
  expect(shown.raised.map(({ person, pending }) => [person, pending])).toEqual([
    ["p1", false],
    ["p3", true],
  ]);
  hands = handsAfter(hands, event("hands", "turn", { person: "p1" }), 8);
  expect(hands).toMatchObject({ turn: "p1", raised: [{ person: "p2" }] });
  hands = handsAfter(hands, event("hands", "lowered", { person: "p1" }), 9);
  expect(hands.turn).toBe("");
  expect(handsAfter(hands, event("hands", "all_lowered", {}), 9)).toEqual(NO_HANDS);
});

const left = ({ timer }: Agenda, logMs: number) => (timer === null ? null : leftOf(timer, logMs));

test("a timer's rest is reckoned from an instant, or stands still", () => {
  const view = { items: [{ id: "1.0", title: "A", duration_ms: 5, spent_ms: 0 }], current: "1.0", since_ms: 7 };
  let agenda = agendaOfView(view);
  expect(agenda).toMatchObject({ items: [{ title: "A" }], current: "1.0", timer: null });
  const running = { duration_ms: 60_000, label: "Talk", ends_ms: 100_000, left_ms: 0, over: false };
  agenda = agendaAfter(agenda, event("agenda", "timer", { timer: running }));
  expect(left(agenda, 70_000)).toBe(30_000);
  expect(left(agenda, 101_000)).toBe(-1_000);
  const paused = { ...running, ends_ms: 0, left_ms: 30_000 };
  agenda = agendaAfter(agenda, event("agenda", "timer", { timer: paused }));
  expect(left(agenda, 999_000)).toBe(30_000);
  expect(agendaAfter(agenda, event("agenda", "timer", { timer: null })).timer).toBeNull();
});

test("only known reactions float", () => {
  expect(reactionsOf([["👏", 20, [1, 2]], ["💣", 1, []], 7])).toEqual([
    { reaction: "👏", count: 20, numbers: [1, 2] },
  ]);
});

test("the log's time is off by no more than half of the quickest answer, however clocks differ", () => {
  const answers = fc.array(fc.tuple(fc.nat(2_000), fc.nat(2_000)), { minLength: 1, maxLength: 15 });
  fc.assert(
    fc.property(answers, fc.integer({ min: -1e9, max: 1e9 }), (delays, ahead) => {
      const clock = new LogClock();
      let now = 2e9;
      for (const [thereMs, backMs] of delays) {
        now += 10_000;
        clock.told(now, now + thereMs + backMs, now + thereMs + ahead);
      }
      const quickest = Math.min(...delays.map(([thereMs, backMs]) => thereMs + backMs));
      expect(Math.abs((clock.at(now) ?? NaN) - (now + ahead))).toBeLessThanOrEqual(quickest / 2 + 1e-6);
    }),
  );
});

test("an old server that tells no time is no clock", () => {
  const clock = new LogClock();
  clock.told(1, 2, 0);
  expect(clock.at(5)).toBeNull();
});

test("what a server drops soon after a reaction is told as a refused reaction, once", () => {
  let now = 1_000;
  const talk = new Talk({
    submit: () => {
      throw new Error("nothing is submitted here");
    },
    get: async () => null,
    sendLive: () => true,
    self: () => "p1",
    nowMs: () => now,
    wallMs: () => now,
  });
  let refused = 0;
  talk.onReactionRefused(() => (refused += 1));
  talk.dropped();
  expect(refused).toBe(0);
  talk.react("👏");
  talk.dropped();
  talk.dropped();
  expect(refused).toBe(1);
  talk.react("👏");
  now += 60_000;
  talk.dropped();
  expect(refused).toBe(1);
});
