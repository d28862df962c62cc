/** The people in groups, as lines of one list. Pure. */
import type { Person } from "../session/model";

export type Group = "staff" | "presenter" | "participant" | "viewer" | "away";

export type Line =
  | { readonly kind: "group"; readonly group: Group; readonly count: number }
  | { readonly kind: "person"; readonly person: Person };

const ORDER: readonly Group[] = ["staff", "presenter", "participant", "viewer", "away"];

export function groupOf(person: Person): Group {
  if (person.presence === "away" && !person.you) return "away";
  if (person.role === "host" || person.role === "co-host") return "staff";
  return person.role;
}

/** Case, and accents that many keyboards lack, do not count. */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

export function linesOf(people: readonly Person[], search: string): Line[] {
  const wanted = plain(search.trim());
  const found = people.filter((person) => plain(person.name).includes(wanted));
  const groups = new Map<Group, Person[]>();
  for (const person of found) {
    const group = groupOf(person);
    groups.set(group, [...(groups.get(group) ?? []), person]);
  }
  return ORDER.flatMap((group): Line[] => {
    const members = groups.get(group) ?? [];
    if (members.length === 0) return [];
    const lines = members.map((person): Line => ({ kind: "person", person }));
    return [{ kind: "group", group, count: members.length }, ...lines];
  });
}
