/** The laser pointers of others over a deck, as live messages tell them. Pure. */
export const POINTER_TOPIC = "slides.pointer";
/** Told this often while the hand moves, and so long after the last word it is gone. */
export const TELL_EVERY_MS = 50;
export const FADES_AFTER_MS = 2_500;

export interface Pointer {
  /** The session that points: a person may do so on one device only. */
  readonly number: number;
  readonly person: string;
  readonly deck: string;
  readonly page: number;
  readonly x: number;
  readonly y: number;
  readonly atMs: number;
}

export type Pointers = readonly Pointer[];

/** More than so many at once are not drawn. */
const POINTERS_MAX = 20;

interface Said {
  readonly number: number;
  readonly person: string;
  readonly body: unknown;
}

function placed(value: unknown): number | null {
  return typeof value === "number" && value >= 0 && value <= 1 ? value : null;
}

function pointerOf({ number, person, body }: Said, atMs: number): Pointer | null {
  if (typeof body !== "object" || body === null) return null;
  const { deck, page, x, y } = body as Record<string, unknown>;
  const [left, top] = [placed(x), placed(y)];
  if (typeof deck !== "string" || typeof page !== "number" || left === null || top === null) {
    return null;
  }
  return { number, person, deck, page, x: left, y: top, atMs };
}

/** What a session says takes the place of what it said before; anything odd takes it away. */
export function pointersAfter(pointers: Pointers, said: Said, atMs: number): Pointers {
  const others = pointers.filter(({ number }) => number !== said.number);
  const pointer = pointerOf(said, atMs);
  if (pointer === null) return others.length === pointers.length ? pointers : others;
  return [...others, pointer].slice(-POINTERS_MAX);
}

export function pointersAt(pointers: Pointers, atMs: number): Pointers {
  const live = pointers.filter((pointer) => atMs - pointer.atMs < FADES_AFTER_MS);
  return live.length === pointers.length ? pointers : live;
}
