/** Who is on the board, by awareness: where they point, what they hold, what they see. Pure. */
import type { Collaborator, SocketId } from "@excalidraw/excalidraw/types";

import { type View, viewFrom } from "./binding/follow";

/** What each tells of themselves, as far as it can be believed. */
export interface BoardPerson {
  readonly number: number;
  readonly name: string;
  readonly person: string;
  /** Where they look; undefined while they have another page of the room in sight. */
  readonly view: View | undefined;
  readonly pointer: { x: number; y: number; tool: "pointer" | "laser" } | undefined;
  readonly down: boolean;
  readonly selected: readonly string[];
}

const SELECTED_MAX = 50;
const NAME_CHARACTERS_MAX = 64;

export function personFrom(number: number, state: unknown): BoardPerson | null {
  if (typeof state !== "object" || state === null) return null;
  const { user, board } = state as Partial<Record<"user" | "board", unknown>>;
  if (typeof board !== "object" || board === null) return null;
  const { name } = (user ?? {}) as { name?: unknown };
  type Key = "view" | "pointer" | "down" | "selected" | "person";
  const told = board as Partial<Record<Key, unknown>>;
  const selected = Array.isArray(told.selected) ? told.selected : [];
  return {
    number,
    name: typeof name === "string" ? name.slice(0, NAME_CHARACTERS_MAX) : "",
    person: typeof told.person === "string" ? told.person : "",
    view: viewFrom(told.view),
    pointer: pointerFrom(told.pointer),
    down: told.down === true,
    selected: selected.filter((id) => typeof id === "string").slice(0, SELECTED_MAX),
  };
}

function pointerFrom(value: unknown): BoardPerson["pointer"] {
  if (typeof value !== "object" || value === null) return undefined;
  const { x, y, tool } = value as Partial<Record<"x" | "y" | "tool", unknown>>;
  if (typeof x !== "number" || typeof y !== "number") return undefined;
  if (!Number.isFinite(x) || !Number.isFinite(y)) return undefined;
  return { x, y, tool: tool === "laser" ? "laser" : "pointer" };
}

/** Everybody else who has the board in sight, in the order of their sessions. */
export function othersOn(states: ReadonlyMap<number, unknown>, own: number): BoardPerson[] {
  return [...states]
    .filter(([number]) => number !== own)
    .map(([number, state]) => personFrom(number, state))
    .filter((person): person is BoardPerson => person?.view !== undefined)
    .toSorted((a, b) => a.number - b.number);
}

/** The others on this page, as Excalidraw draws them. */
export function collaboratorsOf(
  others: readonly BoardPerson[],
  page: string,
): Map<SocketId, Collaborator> {
  const here = others.filter(({ view }) => view?.page === page);
  return new Map(
    here.map(({ number, name, person, pointer, down, selected }) => {
      const collaborator: Collaborator = {
        id: person === "" ? String(number) : person,
        socketId: String(number) as SocketId,
        username: name,
        button: down ? "down" : "up",
        selectedElementIds: Object.fromEntries(selected.map((id) => [id, true as const])),
        ...(pointer && { pointer: { ...pointer, renderCursor: true } }),
      };
      return [String(number) as SocketId, collaborator];
    }),
  );
}

export { SELECTED_MAX };
