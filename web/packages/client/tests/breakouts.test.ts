import { expect, test } from "vitest";

import {
  areOpen,
  breakoutsAfter,
  breakoutsOfView,
  NO_BREAKOUTS,
  shuffled,
} from "../src/apps/breakouts";
import { BreakoutRooms } from "../src/breakoutRooms";
import type { Event } from "../src/generated/frames.gen";

function event(type: string, body: unknown): Event {
  return { index: 0, app: "breakouts", type, author: "", number: 0, counter: 0, body } as Event;
}

const OPEN = event("changed", {
  phase: "open",
  choose: false,
  rooms: ["North", "South"],
  deadline_ms: 5,
});

test("a set of rooms is drafted, opened and closed, and nobody stays inside", () => {
  let state = breakoutsAfter(NO_BREAKOUTS, OPEN, "me");
  expect(areOpen(state)).toBe(true);
  expect(state.rooms).toEqual(["North", "South"]);
  state = breakoutsAfter(state, event("yours", { room: 2 }), "me");
  state = breakoutsAfter(state, event("moved", { person: "me", room: 2 }), "me");
  state = breakoutsAfter(state, event("moved", { person: "you", room: 1 }), "me");
  expect([state.yours, state.inside, state.people.get("you")]).toEqual([2, 2, 1]);
  state = breakoutsAfter(state, event("moved", { person: "you", room: 0 }), "me");
  expect(state.people.has("you")).toBe(false);
  state = breakoutsAfter(state, event("changed", { phase: "closed", rooms: ["North"] }), "me");
  expect([state.inside, state.people.size, state.yours]).toEqual([0, 0, 2]);
  state = breakoutsAfter(state, event("changed", { phase: "draft", rooms: ["New"] }), "me");
  expect(state.yours).toBe(0);
});

test("hosts see who is assigned where, and everybody what came back", () => {
  let state = breakoutsOfView({ phase: "open", rooms: ["a"], assigned: { x: 1 }, people: {} });
  state = breakoutsAfter(state, event("assigned", { rooms: { x: 0, y: 1 } }), null);
  expect([...state.assigned]).toEqual([["y", 1]]);
  const told = { name: "a", ended_ms: 1, text: "notes", shortened: false, messages: 2 };
  state = breakoutsAfter(state, event("collected", told), null);
  expect(state.results).toEqual([
    { name: "a", endedMs: 1, text: "notes", shortened: false, messages: 2 },
  ]);
});

test("a view or an event that is not what it should be changes nothing dangerous", () => {
  expect(breakoutsOfView(null)).toEqual(NO_BREAKOUTS);
  expect(breakoutsOfView({ phase: "sideways", rooms: "x" }).phase).toBe("");
  expect(breakoutsAfter(NO_BREAKOUTS, event("changed", "?"), null)).toBe(NO_BREAKOUTS);
  expect(breakoutsAfter(NO_BREAKOUTS, event("unheard", {}), null)).toBe(NO_BREAKOUTS);
});

test("chance puts everybody into exactly one room, in nearly equal numbers", () => {
  const persons = Array.from({ length: 11 }, (_, at) => `p${at}`);
  for (const fixed of [0, 0.25, 0.5, 0.999]) {
    const rooms = shuffled(persons, 3, () => fixed);
    expect(Object.keys(rooms).toSorted()).toEqual(persons.toSorted());
    const counts = [1, 2, 3].map((n) => Object.values(rooms).filter((room) => room === n).length);
    expect(counts.toSorted()).toEqual([3, 4, 4]);
  }
});

test("a broadcast is heard by who listens", () => {
  const rooms = new BreakoutRooms({
    submit: () => ({ id: "", outcome: new Promise(() => undefined) }),
    get: () => Promise.resolve(null),
    self: () => "me",
  });
  const heard: string[] = [];
  const stop = rooms.onBroadcast(({ name, text }) => heard.push(`${name}: ${text}`));
  rooms.followed(event("broadcast", { name: "Hana", text: "five minutes" }));
  stop();
  rooms.followed(event("broadcast", { name: "Hana", text: "unheard" }));
  expect(heard).toEqual(["Hana: five minutes"]);
});
