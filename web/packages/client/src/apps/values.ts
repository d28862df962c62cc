/** Reads plain values of views and events without trusting them. Pure. */
import { isMap } from "../wire";

export type Values = Readonly<Record<string, unknown>>;

export function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function numbersOf(value: unknown): readonly number[] {
  return listOf(value).map(numberOf);
}

export function mapsOf(value: unknown): readonly Values[] {
  return listOf(value).filter(isMap);
}

/** Ids are `<position>.<index>`, so their order is that of making. */
export function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  const [position = 0, index = 0] = one.id.split(".").map(Number);
  const [otherPosition = 0, otherIndex = 0] = other.id.split(".").map(Number);
  return position - otherPosition || index - otherIndex;
}

/** The list with this entry in the place of the one with its id, or where it was made. */
export function withEntry<T extends { readonly id: string }>(
  entries: readonly T[],
  entry: T,
): readonly T[] {
  if (entries.some(({ id }) => id === entry.id)) {
    return entries.map((known) => (known.id === entry.id ? entry : known));
  }
  return [...entries, entry].toSorted(byId);
}
