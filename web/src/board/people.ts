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

/** From 0 to 360. Shape: `#rrggbb`; of a grey it is 0. */
function hueOf(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  if (red === undefined || green === undefined || blue === undefined) return 0;
  const most = Math.max(red, green, blue);
  const span = most - Math.min(red, green, blue);
  if (!(span > 0)) return 0;
  const sixth =
    most === red ? (green - blue) / span
    : most === green ? 2 + (blue - red) / span
    : 4 + (red - green) / span;
  return (sixth * 60 + 360) % 360;
}

/** As Excalidraw does it, for which there is no other way to say in which colour to draw people. */
function hashOf(id: string): number {
  let hash = 0;
  // oxlint-disable-next-line unicorn/prefer-code-point -- it counts as Excalidraw does
  for (let at = 0; at < id.length; at += 1) hash = (hash << 5) - hash + id.charCodeAt(at);
  return hash;
}

const HUES = 37;
const FIRST_SIGN = 0x100;

/** A person's id with a sign that gives it the hue which they have everywhere else. Pure. */
export function idInColour(id: string, colour: string): string {
  const wanted = Math.round(hueOf(colour) / 10) % (HUES - 1);
  for (let sign = 0; sign < HUES; sign += 1) {
    const told = id + String.fromCodePoint(FIRST_SIGN + sign);
    if (Math.abs(hashOf(told)) % HUES === wanted) return told;
  }
  return id;
}

/** The others on this page, as Excalidraw draws them. */
export function collaboratorsOf(
  others: readonly BoardPerson[],
  page: string,
  colourOf: (person: string) => string,
): Map<SocketId, Collaborator> {
  const here = others.filter(({ view }) => view?.page === page);
  return new Map(
    here.map(({ number, name, person, pointer, down, selected }) => {
      const collaborator: Collaborator = {
        id: person === "" ? String(number) : idInColour(person, colourOf(person)),
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
