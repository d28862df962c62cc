/** Roster: who is in the conference, from a view and the events after it. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";

export interface RosterPerson {
  readonly id: string;
  readonly name: string;
  readonly role: "host" | "participant";
  readonly present: boolean;
  readonly joinedMs: number;
  readonly self: boolean;
}

export interface Roster {
  /** By the time they joined first. */
  readonly persons: readonly RosterPerson[];
  readonly byId: ReadonlyMap<string, RosterPerson>;
  readonly present: number;
}

interface Person {
  readonly name: string;
  readonly role: string;
  readonly joinedMs: number;
}

export interface RosterState {
  readonly persons: ReadonlyMap<string, Person>;
  /** Open sessions by number: whose, and whether attached. */
  readonly sessions: ReadonlyMap<number, { readonly person: string; readonly attached: boolean }>;
}

export const NO_ROSTER: RosterState = { persons: new Map(), sessions: new Map() };

export function rosterOfView(view: unknown): RosterState {
  const persons = new Map<string, Person>();
  const sessions = new Map<number, { person: string; attached: boolean }>();
  if (!isMap(view)) return { persons, sessions };
  for (const [id, value] of Object.entries(isMap(view["persons"]) ? view["persons"] : {})) {
    if (!isMap(value)) continue;
    const { name, role, joined_ms: joined } = value;
    persons.set(id, {
      name: String(name),
      role: String(role),
      joinedMs: typeof joined === "number" ? joined : 0,
    });
  }
  const away = isMap(view["away"]) ? view["away"] : {};
  for (const [number, person] of Object.entries(isMap(view["sessions"]) ? view["sessions"] : {})) {
    sessions.set(Number(number), { person: String(person), attached: !(number in away) });
  }
  return { persons, sessions };
}

export function rosterAfter(state: RosterState, event: Event, timeMs: number): RosterState {
  if (!isMap(event.body)) return state;
  const { person, number, name, role } = event.body;
  if (typeof person !== "string") return state;
  const persons = new Map(state.persons);
  const sessions = new Map(state.sessions);
  switch (event.type) {
    case "joined":
      if (typeof number !== "number") return state;
      sessions.set(number, { person, attached: true });
      persons.set(person, {
        name: String(name),
        role: String(role),
        joinedMs: persons.get(person)?.joinedMs ?? timeMs,
      });
      break;
    case "attached":
    case "away":
      if (typeof number !== "number") return state;
      sessions.set(number, { person, attached: event.type === "attached" });
      break;
    case "left":
      if (typeof number !== "number") return state;
      sessions.delete(number);
      if (![...sessions.values()].some((session) => session.person === person)) {
        persons.delete(person);
      }
      break;
    case "renamed": {
      const known = persons.get(person);
      if (known === undefined || typeof name !== "string") return state;
      persons.set(person, { ...known, name });
      break;
    }
    default:
      return state;
  }
  return { persons, sessions };
}

export function attachedNumbers(state: RosterState): ReadonlySet<number> {
  const attached = [...state.sessions].filter(([, session]) => session.attached);
  return new Set(attached.map(([number]) => number));
}

export function rosterView(state: RosterState, self: string | null): Roster {
  const present = new Set<string>();
  for (const session of state.sessions.values()) {
    if (session.attached) present.add(session.person);
  }
  const persons = [...state.persons].map(
    ([id, person]): RosterPerson => ({
      id,
      name: person.name,
      role: person.role === "host" ? "host" : "participant",
      present: present.has(id),
      joinedMs: person.joinedMs,
      self: id === self,
    }),
  );
  persons.sort((a, b) => a.joinedMs - b.joinedMs || (a.id < b.id ? -1 : 1));
  return {
    persons,
    byId: new Map(persons.map((person) => [person.id, person])),
    present: persons.filter((person) => person.present).length,
  };
}
