/** What one's role allows here, so that the page offers only that. The servers decide. */
import type { Roster } from "@folkmoot/client";

const STAFF: readonly string[] = ["host", "co-host"];
const PRESENTERS: readonly string[] = [...STAFF, "presenter"];

function roleOf(roster: Roster): string {
  return roster.persons.find((person) => person.self)?.role ?? "";
}

/** Polls and questions. */
export function runsTalk(roster: Roster): boolean {
  return PRESENTERS.includes(roleOf(roster));
}

/** Hands and the agenda. */
export function runsRoom(roster: Roster): boolean {
  return STAFF.includes(roleOf(roster));
}
