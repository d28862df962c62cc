/** Slides: decks, their pages, the page that is on, marks and notes. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import { listOf, mapsOf, numberOf, numbersOf, textOf, type Values } from "./values";

export type DeckPhase = "queued" | "converting" | "ready" | "failed";
export type MarkTool = "pen" | "highlighter" | "line" | "arrow" | "box" | "ellipse" | "text";

/** Shape: `x` and `y` go from 0 to 1 across the page. */
export interface MarkPoint {
  readonly x: number;
  readonly y: number;
}

export interface SlideMark {
  readonly id: string;
  /** Counted from 1. */
  readonly page: number;
  readonly person: string;
  readonly tool: MarkTool;
  readonly points: readonly MarkPoint[];
  /** As `#rrggbb`. */
  readonly colour: string;
  /** A part of the page's width: of a stroke; of a text the height of its letters. */
  readonly width: number;
  readonly text: string;
  /** The log has not confirmed it yet. */
  readonly pending: boolean;
}

export interface PageSize {
  readonly width: number;
  readonly height: number;
}

export interface Deck {
  /** The file's. */
  readonly id: string;
  readonly title: string;
  /** Who added it. */
  readonly person: string;
  readonly addedMs: number;
  readonly bytes: number;
  readonly type: string;
  readonly phase: DeckPhase;
  /** While it is converted: "fetching", "checking", "converting", "drawing", or empty. */
  readonly step: string;
  /** Why it failed. */
  readonly reason: string;
  /** One of each page, in pixels of the large images; empty until it was opened. */
  readonly pages: readonly PageSize[];
  /** So many pages, from the first on, can be shown. */
  readonly ready: number;
  /** Everyone's page, counted from 1. */
  readonly page: number;
  readonly marks: readonly SlideMark[];
  /** Speaker notes by page; for those who present, else empty. */
  readonly notes: ReadonlyMap<number, string>;
}

export type DeckList = readonly Deck[];

export const NO_DECKS: DeckList = [];

const PHASES: ReadonlySet<unknown> = new Set(["queued", "converting", "ready", "failed"]);
const TOOLS: ReadonlySet<unknown> = new Set([
  "pen",
  "highlighter",
  "line",
  "arrow",
  "box",
  "ellipse",
  "text",
]);
const FULL = 10_000;

/** Live messages with what somebody is drawing just now. */
export const DRAFT_TOPIC = "slides.draft";

/** Points as they are sent: x and y in turn, two bytes each. */
export function packPoints(points: readonly MarkPoint[]): Uint8Array<ArrayBuffer> {
  const packed = new DataView(new ArrayBuffer(points.length * 4));
  points.forEach(({ x, y }, at) => {
    packed.setUint16(at * 4, wholeOf(x));
    packed.setUint16(at * 4 + 2, wholeOf(y));
  });
  return new Uint8Array(packed.buffer);
}

/** A part of the page in the unit that is sent. */
export function wholeOf(part: number): number {
  return Math.round(Math.min(Math.max(part, 0), 1) * FULL);
}

function unpackPoints(value: unknown): readonly MarkPoint[] {
  if (!(value instanceof Uint8Array)) return [];
  const packed = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: Math.floor(value.byteLength / 4) }, (_, at) => ({
    x: packed.getUint16(at * 4) / FULL,
    y: packed.getUint16(at * 4 + 2) / FULL,
  }));
}

export function markOf(value: Values, person: string, pending: boolean): SlideMark | null {
  if (!TOOLS.has(value["tool"])) return null;
  return {
    id: textOf(value["mark"]),
    page: numberOf(value["page"]),
    person: textOf(value["person"]) || person,
    tool: value["tool"] as MarkTool,
    points: unpackPoints(value["points"]),
    colour: textOf(value["colour"]),
    width: numberOf(value["width"]) / FULL,
    text: textOf(value["text"]),
    pending,
  };
}

function marksOf(value: unknown): readonly SlideMark[] {
  return mapsOf(value)
    .map((mark) => markOf(mark, "", false))
    .filter((mark) => mark !== null);
}

function sizesOf(value: unknown): readonly PageSize[] {
  const sizes = numbersOf(value);
  return Array.from({ length: Math.floor(sizes.length / 2) }, (_, at) => ({
    width: sizes[at * 2] ?? 1,
    height: sizes[at * 2 + 1] ?? 1,
  }));
}

function notesOf(value: unknown): ReadonlyMap<number, string> {
  return new Map(mapsOf(value).map((note) => [numberOf(note["page"]), textOf(note["text"])]));
}

/** A deck from a view or an event; what that does not tell is as it was. */
function deckOf(value: Values, before?: Deck): Deck | null {
  if (typeof value["deck"] !== "string" || !PHASES.has(value["phase"])) return null;
  return {
    id: value["deck"],
    title: textOf(value["title"]),
    person: textOf(value["person"]),
    addedMs: numberOf(value["added_ms"]),
    bytes: numberOf(value["bytes"]),
    type: textOf(value["type"]),
    phase: value["phase"] as DeckPhase,
    step: textOf(value["step"]),
    reason: textOf(value["reason"]),
    pages: "sizes" in value ? sizesOf(value["sizes"]) : (before?.pages ?? []),
    ready: numberOf(value["ready"]),
    page: numberOf(value["page"]),
    marks: "marks" in value ? marksOf(value["marks"]) : (before?.marks ?? []),
    notes: "notes" in value ? notesOf(value["notes"]) : (before?.notes ?? new Map()),
  };
}

export function decksOfView(view: unknown): DeckList {
  if (!isMap(view)) return NO_DECKS;
  return mapsOf(view["decks"])
    .map((deck) => deckOf(deck))
    .filter((deck) => deck !== null);
}

export function decksAfter(decks: DeckList, event: Event): DeckList {
  const { body } = event;
  if (!isMap(body)) return decks;
  const id = body["deck"];
  const known = decks.find((deck) => deck.id === id);
  if (event.type === "removed") return decks.filter((deck) => deck.id !== id);
  const after =
    event.type === "opened" || event.type === "changed"
      ? deckOf(body, known)
      : known && deckAfter(known, event.type, body);
  if (!after || after === known) return decks;
  return known ? decks.map((deck) => (deck === known ? after : deck)) : [...decks, after];
}

function deckAfter(deck: Deck, type: string, body: Values): Deck {
  const page = numberOf(body["page"]);
  switch (type) {
    case "turned":
      return { ...deck, page };
    case "marked": {
      const mark = markOf(body, "", false);
      return mark === null ? deck : { ...deck, marks: [...deck.marks, mark] };
    }
    case "unmarked": {
      const gone = new Set(listOf(body["marks"]));
      const marks = deck.marks.filter((mark) => mark.page !== page || !gone.has(mark.id));
      return { ...deck, marks };
    }
    case "noted": {
      const notes = new Map([...deck.notes, ...notesOf(body["notes"])]);
      for (const [at, text] of notes) if (text === "") notes.delete(at);
      return { ...deck, notes };
    }
    default:
      return deck;
  }
}

/** What is not decided yet of a deck, one's own and others'. */
export interface PendingSlides {
  readonly deck: string;
  readonly type: "mark" | "unmark" | "clear" | "turn";
  readonly person: string;
  readonly body: Values;
}

/** The decks as they will be if the log takes what is pending. */
export function decksWith(decks: DeckList, pending: readonly PendingSlides[]): DeckList {
  if (pending.length === 0) return decks;
  return decks.map((deck) =>
    pending.filter((one) => one.deck === deck.id).reduce(deckWith, deck),
  );
}

function deckWith(deck: Deck, { type, person, body }: PendingSlides): Deck {
  const page = numberOf(body["page"]);
  if (type === "turn") return { ...deck, page };
  if (type === "unmark") return deckAfter(deck, "unmarked", body);
  if (type === "clear") {
    const stays = (mark: SlideMark): boolean =>
      mark.page !== page || (body["own"] === true && mark.person !== person);
    return { ...deck, marks: deck.marks.filter(stays) };
  }
  const mark = markOf(body, person, true);
  if (mark === null || deck.marks.some((one) => one.page === page && one.id === mark.id)) {
    return deck;
  }
  return { ...deck, marks: [...deck.marks, mark] };
}
