/**
 * How an element of the board is kept in the document: without what every element has anyway, and
 * without bytes of pictures. Pure; `docs/whiteboard.md` describes the format for other programs.
 */
import {
  packPoints,
  packPressures,
  type Point,
  thinned,
  unpackPoints,
  unpackPressures,
} from "./points";

/** Which of two versions of an element is newer, as Excalidraw decides it. */
export interface Stamp {
  readonly version: number;
  readonly versionNonce: number;
}

/** What the binding reads of an element of the scene; the rest passes through. */
export interface SceneElement extends Stamp {
  readonly id: string;
  readonly type: string;
  readonly isDeleted: boolean;
}

/** One entry of a page: an element, or a piece of a stroke that is being drawn. */
export interface Entry extends Stamp {
  readonly id: string;
}

export interface Piece extends Entry {
  /** The stroke it goes on, and its number, from 0. */
  readonly of: string;
  readonly n: number;
  readonly points: Uint8Array;
  readonly pressures?: Uint8Array;
}

type Values = Readonly<Record<string, unknown>>;

/** An operation holds 128 KB; what is larger cannot be shared. */
export const ELEMENT_BYTES_MAX = 96 * 1024;

const COMMON: Values = {
  angle: 0,
  strokeColor: "#1e1e1e",
  backgroundColor: "transparent",
  fillStyle: "solid",
  strokeWidth: 2,
  strokeStyle: "solid",
  roughness: 1,
  opacity: 100,
  groupIds: [],
  frameId: null,
  roundness: null,
  boundElements: [],
  link: null,
  locked: false,
};

const LINEAR: Values = {
  startBinding: null,
  endBinding: null,
  startArrowhead: null,
  endArrowhead: null,
};

const OF_TYPE: Readonly<Record<string, Values>> = {
  text: {
    fontSize: 20,
    fontFamily: 5,
    textAlign: "left",
    verticalAlign: "top",
    containerId: null,
    autoResize: true,
    lineHeight: 1.25,
  },
  line: LINEAR,
  arrow: { ...LINEAR, elbowed: false },
  image: { scale: [1, 1], crop: null },
  freedraw: { simulatePressure: true, pressures: [] },
};

/**
 * What a board is made of. Pages of other sites and documents with code, which Excalidraw knows
 * too, are neither written nor shown.
 */
const SHARED = new Set([
  "rectangle", "diamond", "ellipse", "arrow", "line", "freedraw", "text", "image", "frame",
]);

export function isShared({ type }: { readonly type: unknown }): boolean {
  return typeof type === "string" && SHARED.has(type);
}

/** Not kept: what only the own screen knows, or what follows from the rest. */
const LEFT_OUT = new Set(["isDeleted", "updated", "lastCommittedPoint", "status"]);

function defaultsOf(type: unknown): Values {
  const own = typeof type === "string" && Object.hasOwn(OF_TYPE, type) ? OF_TYPE[type] : undefined;
  return own === undefined ? COMMON : { ...COMMON, ...own };
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b);
}

function copied(value: unknown): unknown {
  return typeof value === "object" && !(value instanceof Uint8Array)
    ? structuredClone(value)
    : value;
}

/**
 * The entry for an element. Shape: plain values and bytes, fit for a Yjs document; nothing in it is
 * the element's own, for Excalidraw changes elements in place.
 */
export function encode(element: SceneElement): Entry {
  const values = element as unknown as Values;
  const defaults = defaultsOf(element.type);
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined || LEFT_OUT.has(key)) continue;
    if (element.type === "freedraw" && (key === "points" || key === "pressures")) continue;
    if (Object.hasOwn(defaults, key) && same(value ?? null, defaults[key])) continue;
    kept[key] = copied(value);
  }
  if (kept["originalText"] === kept["text"]) delete kept["originalText"];
  if (kept["boundElements"] === null) delete kept["boundElements"];
  if (element.type === "freedraw") Object.assign(kept, strokeOf(values));
  return kept as unknown as Entry;
}

function strokeOf(values: Values): Values {
  const points = thinned((values["points"] ?? []) as Point[]);
  const pressures = thinned((values["pressures"] ?? []) as number[]);
  const packed: Record<string, unknown> = { points: packPoints(points) };
  if (pressures.length > 0) packed["pressures"] = packPressures(pressures);
  return packed;
}

/** The points of a stroke that came since `from`, as a piece. */
export function pieceOf(element: SceneElement, n: number, from: number): Piece {
  const values = element as unknown as Values;
  const points = (values["points"] ?? []) as Point[];
  const pressures = (values["pressures"] ?? []) as number[];
  const piece = {
    id: `${element.id}~${n}`,
    version: 1,
    versionNonce: 0,
    of: element.id,
    n,
    points: packPoints(points.slice(from), points[from - 1]),
  };
  const late = pressures.slice(from);
  return late.length > 0 ? { ...piece, pressures: packPressures(late) } : piece;
}

export function pointCount(element: SceneElement): number {
  const points = (element as unknown as Values)["points"];
  return Array.isArray(points) ? points.length : 0;
}

export function isPiece(entry: Entry): entry is Piece {
  const { of, points } = entry as Partial<Piece>;
  return typeof of === "string" && points instanceof Uint8Array;
}

/** Whether a value of the document can be an entry; others may write what they like into it. */
export function isEntry(value: unknown): value is Entry {
  if (typeof value !== "object" || value === null) return false;
  const { id, version, versionNonce } = value as Partial<Record<keyof Entry, unknown>>;
  return (
    typeof id === "string" && typeof version === "number" && typeof versionNonce === "number"
  );
}

/** Whether `a` counts and not `b`: the higher version, then the lower nonce. */
export function wins(a: Stamp, b: Stamp): boolean {
  if (a.version !== b.version) return a.version > b.version;
  return a.versionNonce < b.versionNonce;
}

export function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.version === b.version && a.versionNonce === b.versionNonce;
}

/**
 * The element of an entry, with the pieces of it while it is being drawn, in order.
 *
 * Shape: every field that Excalidraw wants is there, but nothing is checked: it is to be restored.
 */
export function decode(entry: Entry, pieces: readonly Piece[] = []): SceneElement {
  const values = entry as unknown as Values;
  const element: Record<string, unknown> = { updated: 1, isDeleted: false };
  for (const some of [defaultsOf(values["type"]), values]) {
    for (const [key, value] of Object.entries(some)) element[key] = copied(value);
  }
  if (element["type"] === "text") element["originalText"] ??= element["text"];
  if (element["type"] === "image") element["status"] = "saved";
  if (element["type"] === "freedraw") drawStroke(element, pieces);
  return element as unknown as SceneElement;
}

function drawStroke(element: Record<string, unknown>, pieces: readonly Piece[]): void {
  const { points: packed, pressures: pressed } = element;
  const points = packed instanceof Uint8Array ? unpackPoints(packed) : [];
  const pressures = pressed instanceof Uint8Array ? unpackPressures(pressed) : [];
  for (const piece of pieces) {
    for (const point of unpackPoints(piece.points, points.at(-1))) points.push(point);
    if (piece.pressures !== undefined) pressures.push(...unpackPressures(piece.pressures));
  }
  Object.assign(element, { points, pressures, lastCommittedPoint: null });
  if (pieces.length === 0) return;
  // Each piece makes it another element than before.
  element["version"] = Number(element["version"]) + pieces.length;
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  element["width"] = extent(xs);
  element["height"] = extent(ys);
}

function extent(values: readonly number[]): number {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return values.length === 0 ? 0 : most - least;
}

/** About how many bytes a value takes in an update; rather too many. */
export function bytesOf(value: unknown): number {
  if (typeof value === "string") return 2 + textBytes(value);
  if (value instanceof Uint8Array) return 4 + value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + bytesOf(one), 4);
  if (typeof value === "object" && value !== null) {
    const bytes = Object.entries(value).map(([key, one]) => key.length + 2 + bytesOf(one));
    return bytes.reduce((sum, one) => sum + one, 4);
  }
  return 9;
}

function textBytes(text: string): number {
  // oxlint-disable-next-line no-control-regex
  return /^[\u0000-\u007f]*$/u.test(text) ? text.length : text.length * 3;
}
