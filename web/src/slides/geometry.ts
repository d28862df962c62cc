/**
 * Shapes of marks over a page. Pure.
 *
 * Points of marks are parts of the page's width and height. Drawing is in thousandths of the width
 * alone, so that lines are as wide in every direction: `ratio` is the page's height by its width.
 */
import type { MarkPoint, SlideMark } from "@folkmoot/client";

export const FULL = 1_000;

/** A place in the units of drawing. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

export type Shape = Pick<SlideMark, "tool" | "points" | "width" | "text">;

export function spotsOf(points: readonly MarkPoint[], ratio: number): Spot[] {
  return points.map(({ x, y }) => ({ x: x * FULL, y: y * FULL * ratio }));
}

/** As fine as it is sent. */
function part(value: number): number {
  return Math.min(1, Math.max(0, Math.round(value * 10_000) / 10_000));
}

/** Where somebody points within the page's rectangle. */
export function placeIn(
  rect: Pick<DOMRect, "left" | "top" | "width" | "height">,
  clientX: number,
  clientY: number,
): MarkPoint {
  if (rect.width <= 0 || rect.height <= 0) return { x: 0, y: 0 };
  return {
    x: part((clientX - rect.left) / rect.width),
    y: part((clientY - rect.top) / rect.height),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A stroke as a path: through the middles of its points, so that it looks as the hand went. */
export function strokePath(points: readonly MarkPoint[], ratio: number): string {
  const spots = spotsOf(points, ratio);
  const [first] = spots;
  if (first === undefined) return "";
  let path = `M${round(first.x)} ${round(first.y)}`;
  if (spots.length === 1) return `${path}h0.1`;
  for (let at = 1; at < spots.length - 1; at += 1) {
    const spot = spots[at] ?? first;
    const next = spots[at + 1] ?? spot;
    const middle = `${round((spot.x + next.x) / 2)} ${round((spot.y + next.y) / 2)}`;
    path += `Q${round(spot.x)} ${round(spot.y)} ${middle}`;
  }
  const last = spots.at(-1) ?? first;
  return `${path}L${round(last.x)} ${round(last.y)}`;
}

/** A line with two barbs at its end. Shape: `width` is that of the line, a part of the page's. */
export function arrowPath(
  points: readonly MarkPoint[],
  ratio: number,
  width: number,
): string {
  const [from, to] = spotsOf(points, ratio);
  if (from === undefined || to === undefined) return "";
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const barb = Math.min(width * FULL * 4.5, length * 0.6);
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const end = `${round(to.x)} ${round(to.y)}`;
  const barbs = [angle + 2.6, angle - 2.6].map(
    (turn) => `${round(to.x + barb * Math.cos(turn))} ${round(to.y + barb * Math.sin(turn))}`,
  );
  return `M${round(from.x)} ${round(from.y)}L${end}M${barbs[0]}L${end}L${barbs[1]}`;
}

export interface Box extends Spot {
  readonly width: number;
  readonly height: number;
}

export function boxOf(points: readonly MarkPoint[], ratio: number): Box {
  const spots = spotsOf(points, ratio);
  const xs = spots.map(({ x }) => x);
  const ys = spots.map(({ y }) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** How far a spot is from a piece of a line. */
function distance(spot: Spot, from: Spot, to: Spot): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : ((spot.x - from.x) * dx + (spot.y - from.y) * dy) / squared;
  const part = Math.min(1, Math.max(0, along));
  return Math.hypot(spot.x - from.x - part * dx, spot.y - from.y - part * dy);
}

function nearLine(spots: readonly Spot[], at: Spot, reach: number): boolean {
  const [first] = spots;
  if (first === undefined) return false;
  if (spots.length === 1) return distance(at, first, first) <= reach;
  return spots.some(
    (spot, index) => index > 0 && distance(at, spots[index - 1] ?? spot, spot) <= reach,
  );
}

/** Letters are about this wide, in parts of their height. */
const LETTER = 0.55;
export const LINE_HEIGHT = 1.25;

/** About where a text stands. */
export function textBox(shape: Shape, ratio: number): Box {
  const [from = { x: 0, y: 0 }] = spotsOf(shape.points, ratio);
  const lines = shape.text.split("\n");
  const longest = Math.max(...lines.map((line) => [...line].length));
  return {
    ...from,
    width: longest * shape.width * FULL * LETTER,
    height: lines.length * shape.width * FULL * LINE_HEIGHT,
  };
}

function edges({ x, y, width, height }: Box): Spot[] {
  return [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
    { x, y },
  ];
}

function ellipseEdge(box: Box): Spot[] {
  const [rx, ry] = [box.width / 2, box.height / 2];
  return Array.from({ length: 33 }, (_, at) => {
    const turn = (at / 32) * 2 * Math.PI;
    return { x: box.x + rx + rx * Math.cos(turn), y: box.y + ry + ry * Math.sin(turn) };
  });
}

/** Whether an eraser at this place touches a mark. Units: `reach` in those of drawing. */
export function touches(shape: Shape, place: MarkPoint, ratio: number, reach: number): boolean {
  const [at = { x: 0, y: 0 }] = spotsOf([place], ratio);
  if (shape.tool === "text") {
    const box = textBox(shape, ratio);
    return (
      at.x >= box.x - reach && at.x <= box.x + box.width + reach &&
      at.y >= box.y - reach && at.y <= box.y + box.height + reach
    );
  }
  const wide = reach + (shape.width * FULL) / 2;
  if (shape.tool === "box") return nearLine(edges(boxOf(shape.points, ratio)), at, wide);
  if (shape.tool === "ellipse") {
    return nearLine(ellipseEdge(boxOf(shape.points, ratio)), at, wide);
  }
  return nearLine(spotsOf(shape.points, ratio), at, wide);
}

/** Units: parts of the page; what is touched between two of these is touched at one of them. */
const STRIDE = 0.006;

/** The way of a hand without the gaps that a quick one leaves. */
export function filled(places: readonly MarkPoint[]): MarkPoint[] {
  return places.flatMap((place, at) => {
    const from = places[at - 1] ?? place;
    const [dx, dy] = [place.x - from.x, place.y - from.y];
    const steps = Math.max(1, Math.ceil(Math.hypot(dx, dy) / STRIDE));
    return Array.from({ length: steps }, (_, step) => ({
      x: from.x + (dx * (step + 1)) / steps,
      y: from.y + (dy * (step + 1)) / steps,
    }));
  });
}

/** The points that matter: the rest lies within `slack` of the line between them. */
function thinned(spots: readonly Spot[], slack: number): boolean[] {
  const kept = spots.map((_, at) => at === 0 || at === spots.length - 1);
  const open: [number, number][] = [[0, spots.length - 1]];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const [from, to] = part;
    let [worst, where] = [slack, -1];
    for (let at = from + 1; at < to; at += 1) {
      const [spot, a, b] = [spots[at], spots[from], spots[to]];
      const off = spot && a && b ? distance(spot, a, b) : 0;
      if (off > worst) [worst, where] = [off, at];
    }
    if (where < 0) continue;
    kept[where] = true;
    open.push([from, where], [where, to]);
  }
  return kept;
}

/** A drawn line with no more points than it needs, nor than `most`. Units: `slack` of drawing. */
export function simplified(
  points: readonly MarkPoint[],
  ratio: number,
  most: number,
  slack = 0.4,
): readonly MarkPoint[] {
  const spots = spotsOf(points, ratio);
  for (let wanted = slack; ; wanted *= 2) {
    const kept = thinned(spots, wanted);
    const count = kept.filter(Boolean).length;
    if (count > most && wanted < FULL * 2) continue;
    return points.filter((_, at) => kept[at] === true).slice(0, most);
  }
}
