/** Doors and settings of a room, as the log has them. Pure. */
import { isMap } from "../wire";

export type Role = "host" | "co-host" | "presenter" | "participant" | "viewer";
export const ROLES: readonly Role[] = ["host", "co-host", "presenter", "participant", "viewer"];

export interface Ban {
  readonly person: string;
  readonly name: string;
  readonly by: string;
}

export interface Doors {
  readonly lobby: boolean;
  readonly locked: boolean;
  /** What only those who run the room are told; null for all others. */
  readonly staff: {
    readonly passcode: string;
    readonly participantsMax: number;
    readonly closeWhenEmptyMs: number;
    /** How long the room waits for a host who is gone before somebody stands in. */
    readonly hostGraceMs: number;
    readonly mutedOnEntry: boolean;
    readonly message: string;
    readonly bans: readonly Ban[];
  } | null;
}

export interface Locks {
  /** By setting, where it is not the usual: to whom it is open. */
  readonly openTo: ReadonlyMap<string, readonly string[]>;
  readonly suspended: boolean;
}

export interface Waiting {
  readonly id: string;
  readonly name: string;
  readonly sinceMs: number;
}

/** What somebody is told who waits to be let in. */
export interface Lobby {
  readonly sinceMs: number;
  readonly message: string;
}

export const NO_DOORS: Doors = { lobby: false, locked: false, staff: null };
export const NO_LOCKS: Locks = { openTo: new Map(), suspended: false };

const number = (value: unknown): number => (typeof value === "number" ? value : 0);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function roleOf(value: unknown): Role {
  return ROLES.find((role) => role === value) ?? "participant";
}

export function doorsOf(view: unknown): Doors {
  if (!isMap(view)) return NO_DOORS;
  const { bans } = view;
  const staff = isMap(bans)
    ? {
        passcode: text(view["passcode"]),
        participantsMax: number(view["participants_max"]),
        closeWhenEmptyMs: number(view["close_when_empty_ms"]),
        hostGraceMs: number(view["host_grace_ms"]),
        mutedOnEntry: view["muted_on_entry"] === true,
        message: text(view["message"]),
        bans: Object.entries(bans).map(([person, ban]) => ({
          person,
          name: isMap(ban) ? text(ban["name"]) : "",
          by: isMap(ban) ? text(ban["by"]) : "",
        })),
      }
    : null;
  return { lobby: view["lobby"] === true, locked: view["locked"] === true, staff };
}

export function locksOf(view: unknown): Locks {
  if (!isMap(view)) return NO_LOCKS;
  const told = isMap(view["open_to"]) ? view["open_to"] : {};
  const openTo = Object.entries(told).map(([setting, roles]): [string, string[]] => [
    setting,
    Array.isArray(roles) ? roles.map(String) : [],
  ]);
  return { openTo: new Map(openTo), suspended: view["suspended"] === true };
}

export function waitingOf(view: unknown): readonly Waiting[] {
  if (!isMap(view)) return [];
  return Object.entries(view).map(([id, value]) => ({
    id,
    name: isMap(value) ? text(value["name"]) : "",
    sinceMs: isMap(value) ? number(value["since_ms"]) : 0,
  }));
}

export function lobbyOf(view: unknown): Lobby | null {
  if (!isMap(view)) return null;
  return { sinceMs: number(view["since_ms"]), message: text(view["message"]) };
}

/** The doors after somebody was banned or a ban was undone. */
export function doorsWithBan(doors: Doors, person: string, ban: Ban | null): Doors {
  if (doors.staff === null) return doors;
  const bans = doors.staff.bans.filter((known) => known.person !== person);
  return { ...doors, staff: { ...doors.staff, bans: ban === null ? bans : [...bans, ban] } };
}
