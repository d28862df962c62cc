/** Roster: who is in the conference, in which role, behind which doors. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import {
  type Doors,
  doorsOf,
  doorsWithBan,
  type Lobby,
  lobbyOf,
  type Locks,
  locksOf,
  NO_DOORS,
  NO_LOCKS,
  type Role,
  roleOf,
  type Waiting,
  waitingOf,
} from "./doors";

export interface RosterPerson {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly present: boolean;
  readonly joinedMs: number;
  /** Since when nobody of their sessions is attached, by the log's time; 0 when not known. */
  readonly awayMs: number;
  readonly devices: number;
  readonly self: boolean;
  /** 1 to `PERSON_COLOURS`, theirs while they are here; null when none was told. */
  readonly colour: number | null;
}

export interface Roster {
  /** By the time they joined first. */
  readonly persons: readonly RosterPerson[];
  readonly byId: ReadonlyMap<string, RosterPerson>;
  readonly present: number;
  /** Not null while one waits to be let in, and is told nothing else. */
  readonly lobby: Lobby | null;
  /** Who waits; only those who run the room are told. */
  readonly waiting: readonly Waiting[];
  readonly doors: Doors;
  readonly locks: Locks;
}

interface Person {
  readonly name: string;
  readonly role: string;
  readonly joinedMs: number;
  readonly colour: number | null;
}

interface SessionState {
  readonly person: string;
  readonly attached: boolean;
  readonly awayMs: number;
}

export interface RosterState {
  readonly persons: ReadonlyMap<string, Person>;
  /** Open sessions by number: whose, and whether attached. */
  readonly sessions: ReadonlyMap<number, SessionState>;
  readonly lobby: Lobby | null;
  readonly waiting: readonly Waiting[];
  readonly doors: Doors;
  readonly locks: Locks;
}

export const NO_ROSTER: RosterState = {
  persons: new Map(),
  sessions: new Map(),
  lobby: null,
  waiting: [],
  doors: NO_DOORS,
  locks: NO_LOCKS,
};

type Fields = Readonly<Record<string, unknown>>;

const number = (value: unknown): number => (typeof value === "number" ? value : 0);

const colourIn = (told: Fields): number | null => number(told["colour"]) || null;

function peopleOf(view: Fields): Pick<RosterState, "persons" | "sessions"> {
  const persons = new Map<string, Person>();
  const sessions = new Map<number, SessionState>();
  for (const [id, value] of Object.entries(isMap(view["persons"]) ? view["persons"] : {})) {
    if (!isMap(value)) continue;
    const { name, role, joined_ms: joined } = value;
    const joinedMs = number(joined);
    persons.set(id, { name: String(name), role: String(role), joinedMs, colour: colourIn(value) });
  }
  const away = isMap(view["away"]) ? view["away"] : {};
  for (const [key, person] of Object.entries(isMap(view["sessions"]) ? view["sessions"] : {})) {
    const attached = !(key in away);
    const awayMs = attached ? 0 : number(away[key]);
    sessions.set(Number(key), { person: String(person), attached, awayMs });
  }
  return { persons, sessions };
}

export function rosterOfView(view: unknown): RosterState {
  if (!isMap(view)) return NO_ROSTER;
  return {
    ...peopleOf(view),
    lobby: lobbyOf(view["lobby"]),
    waiting: waitingOf(view["waiting"]),
    doors: doorsOf(view["doors"]),
    locks: locksOf(view["locks"]),
  };
}

/** Shape: `self` is the person whose page this is. */
export function rosterAfter(
  state: RosterState,
  event: Event,
  timeMs: number,
  self: string | null = null,
): RosterState {
  const { body } = event;
  if (!isMap(body)) return state;
  switch (event.type) {
    case "joined":
    case "attached":
    case "away":
    case "left":
      return comingsAndGoings(state, event.type, body, timeMs);
    case "renamed":
    case "role":
      return changed(state, event.type, body);
    case "listed":
      return listed(state, body, self);
    case "locks":
      return { ...state, locks: locksOf(body) };
    default:
      return doorsAfter(state, event.type, body);
  }
}

function comingsAndGoings(
  state: RosterState,
  type: string,
  body: Fields,
  timeMs: number,
): RosterState {
  const { person, number: session, name, role } = body;
  if (typeof person !== "string" || typeof session !== "number") return state;
  const persons = new Map(state.persons);
  const sessions = new Map(state.sessions);
  if (type === "left") {
    sessions.delete(session);
    if (![...sessions.values()].some((other) => other.person === person)) persons.delete(person);
    return { ...state, persons, sessions };
  }
  const attached = type !== "away";
  sessions.set(session, { person, attached, awayMs: attached ? 0 : timeMs });
  if (type === "joined") {
    const joinedMs = persons.get(person)?.joinedMs ?? timeMs;
    const colour = colourIn(body);
    persons.set(person, { name: String(name), role: String(role), joinedMs, colour });
  }
  return { ...state, persons, sessions };
}

function changed(state: RosterState, type: string, body: Fields): RosterState {
  const { person, name, role } = body;
  if (typeof person !== "string") return state;
  const known = state.persons.get(person);
  if (known !== undefined) {
    const persons = new Map(state.persons);
    const change = type === "role" ? { role: String(role) } : { name: String(name) };
    persons.set(person, { ...known, ...change });
    return { ...state, persons };
  }
  if (type === "role") return state;
  const waiting = state.waiting.map((one) =>
    one.id === person ? { ...one, name: String(name) } : one,
  );
  return { ...state, waiting };
}

/** Others are seen from now on, or are not; one sees oneself in any case. */
function listed(state: RosterState, body: Fields, self: string | null): RosterState {
  const told = peopleOf(body);
  const own = self === null ? undefined : state.persons.get(self);
  const ownSessions = [...state.sessions].filter(([, session]) => session.person === self);
  return {
    ...state,
    persons: new Map([...(own && self ? [[self, own] as const] : []), ...told.persons]),
    sessions: new Map([...ownSessions, ...told.sessions]),
  };
}

function doorsAfter(state: RosterState, type: string, body: Fields): RosterState {
  const person = String(body["person"]);
  switch (type) {
    case "doors": {
      const doors = doorsOf(body);
      return { ...state, doors, waiting: doors.staff === null ? [] : state.waiting };
    }
    case "waiting":
      return { ...state, waiting: waitingOf(body["persons"]) };
    case "knocked": {
      const sinceMs = number(body["since_ms"]);
      const others = state.waiting.filter((one) => one.id !== person);
      const waiting = [...others, { id: person, name: String(body["name"]), sinceMs }];
      return { ...state, waiting };
    }
    case "gone":
      return { ...state, waiting: state.waiting.filter((one) => one.id !== person) };
    case "admitted": {
      const { persons } = body;
      const ids = new Set(Array.isArray(persons) ? persons.map(String) : []);
      return { ...state, waiting: state.waiting.filter((one) => !ids.has(one.id)) };
    }
    case "banned": {
      const ban = { person, name: String(body["name"]), by: String(body["by"]) };
      return { ...state, doors: doorsWithBan(state.doors, person, ban) };
    }
    case "unbanned":
      return { ...state, doors: doorsWithBan(state.doors, person, null) };
    default:
      return state;
  }
}

export function attachedNumbers(state: RosterState): ReadonlySet<number> {
  const attached = [...state.sessions].filter(([, session]) => session.attached);
  return new Set(attached.map(([session]) => session));
}

export function rosterView(state: RosterState, self: string | null): Roster {
  const devices = new Map<string, { attached: number; awayMs: number }>();
  for (const { person, attached, awayMs } of state.sessions.values()) {
    const known = devices.get(person) ?? { attached: 0, awayMs: 0 };
    known.attached += attached ? 1 : 0;
    known.awayMs = Math.max(known.awayMs, awayMs);
    devices.set(person, known);
  }
  const persons = [...state.persons].map(([id, person]): RosterPerson => {
    const known = devices.get(id);
    const present = (known?.attached ?? 0) > 0;
    return {
      id,
      name: person.name,
      role: roleOf(person.role),
      present,
      joinedMs: person.joinedMs,
      awayMs: present ? 0 : (known?.awayMs ?? 0),
      devices: known?.attached ?? 0,
      self: id === self,
      colour: person.colour,
    };
  });
  persons.sort((a, b) => a.joinedMs - b.joinedMs || (a.id < b.id ? -1 : 1));
  const { lobby, waiting, doors, locks } = state;
  return {
    persons,
    byId: new Map(persons.map((person) => [person.id, person])),
    present: persons.filter((person) => person.present).length,
    lobby,
    waiting,
    doors,
    locks,
  };
}
