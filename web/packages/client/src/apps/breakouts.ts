/** Breakouts: rooms beside the room, who goes where, and what they brought back. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import { listOf, mapsOf, numberOf, textOf } from "./values";

export type BreakoutsPhase = "" | "draft" | "open" | "closing" | "closed";

export interface BreakoutResult {
  readonly name: string;
  readonly endedMs: number;
  /** Markdown. */
  readonly text: string;
  readonly shortened: boolean;
  readonly messages: number;
}

/** Rooms are counted from 1; 0 is none. */
export interface Breakouts {
  readonly phase: BreakoutsPhase;
  readonly choose: boolean;
  readonly rooms: readonly string[];
  /** By the log's time; 0 when they stay open until somebody calls everybody back. */
  readonly deadlineMs: number;
  readonly yours: number;
  readonly inside: number;
  readonly results: readonly BreakoutResult[];
  /** Persons to rooms, for hosts: who should be where, and who is. */
  readonly assigned: ReadonlyMap<string, number>;
  readonly people: ReadonlyMap<string, number>;
}

const NOBODY: ReadonlyMap<string, number> = new Map();

export const NO_BREAKOUTS: Breakouts = {
  phase: "",
  choose: false,
  rooms: [],
  deadlineMs: 0,
  yours: 0,
  inside: 0,
  results: [],
  assigned: NOBODY,
  people: NOBODY,
};

const PHASES = new Set<unknown>(["", "draft", "open", "closing", "closed"]);

/** Whether people can be in a breakout now. */
export function areOpen({ phase }: Breakouts): boolean {
  return phase === "open" || phase === "closing";
}

function shownOf(value: Readonly<Record<string, unknown>>) {
  const phase: unknown = value["phase"];
  return {
    phase: (PHASES.has(phase) ? phase : "") as BreakoutsPhase,
    choose: value["choose"] === true,
    rooms: listOf(value["rooms"]).map(textOf),
    deadlineMs: numberOf(value["deadline_ms"]),
  };
}

function resultOf(value: Readonly<Record<string, unknown>>): BreakoutResult {
  return {
    name: textOf(value["name"]),
    endedMs: numberOf(value["ended_ms"]),
    text: textOf(value["text"]),
    shortened: value["shortened"] === true,
    messages: numberOf(value["messages"]),
  };
}

function placesOf(value: unknown): ReadonlyMap<string, number> {
  if (!isMap(value)) return NOBODY;
  return new Map(Object.entries(value).map(([person, room]) => [person, numberOf(room)]));
}

export function breakoutsOfView(view: unknown): Breakouts {
  if (!isMap(view)) return NO_BREAKOUTS;
  return {
    ...shownOf(view),
    yours: numberOf(view["yours"]),
    inside: numberOf(view["inside"]),
    results: mapsOf(view["results"]).map(resultOf),
    assigned: placesOf(view["assigned"]),
    people: placesOf(view["people"]),
  };
}

function placed(
  places: ReadonlyMap<string, number>,
  changes: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const after = new Map(places);
  for (const [person, room] of changes) {
    if (room === 0) after.delete(person);
    else after.set(person, room);
  }
  return after;
}

/** `self` is the person whose page this is. */
export function breakoutsAfter(state: Breakouts, event: Event, self: string | null): Breakouts {
  const { body } = event;
  if (!isMap(body)) return state;
  switch (event.type) {
    case "changed": {
      const after = { ...state, ...shownOf(body) };
      if (!areOpen(after)) Object.assign(after, { inside: 0, people: NOBODY });
      if (after.phase === "draft") Object.assign(after, { yours: 0, assigned: NOBODY });
      return after;
    }
    case "yours":
      return { ...state, yours: numberOf(body["room"]) };
    case "assigned":
      return { ...state, assigned: placed(state.assigned, placesOf(body["rooms"])) };
    case "moved": {
      const person = textOf(body["person"]);
      const room = numberOf(body["room"]);
      const people = placed(state.people, new Map([[person, room]]));
      return { ...state, people, inside: person === self ? room : state.inside };
    }
    case "collected":
      return { ...state, results: [...state.results, resultOf(body)] };
    default:
      return state;
  }
}

/**
 * Who goes where when chance decides: rooms of nearly equal size. Shape: `random` gives a number
 * from 0 up to 1, like `Math.random`.
 */
export function shuffled(
  persons: readonly string[],
  rooms: number,
  random: () => number,
): Record<string, number> {
  const order = [...persons];
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] ?? "", order[at] ?? ""];
  }
  return Object.fromEntries(order.map((person, at) => [person, (at % rooms) + 1]));
}
