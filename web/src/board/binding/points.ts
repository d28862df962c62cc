/**
 * Points of a free-hand stroke as bytes: a hundredth of a pixel, each point as the step from the
 * one before, so that a point takes two to four bytes instead of twenty. Pure.
 */
export type Point = readonly [number, number];

/** Steps to a pixel of the board. */
const SCALE = 100;
/** A stroke holds no more: a longer one keeps every second point. */
export const POINTS_MAX = 12_000;
const NUMBER_BYTES_MAX = 5;

class Writer {
  private readonly bytes: number[] = [];

  /** A whole number, the sign in the lowest bit, seven bits a byte. */
  integer(value: number): void {
    let rest = value < 0 ? -value * 2 - 1 : value * 2;
    while (rest > 0x7f) {
      this.bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.bytes.push(rest);
  }

  done(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

function* integersOf(bytes: Uint8Array): Generator<number> {
  let value = 0;
  let factor = 1;
  let length = 0;
  for (const byte of bytes) {
    value += (byte & 0x7f) * factor;
    length += 1;
    if (byte & 0x80 && length < NUMBER_BYTES_MAX) factor *= 0x80;
    else {
      yield value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      value = length = 0;
      factor = 1;
    }
  }
}

function whole(value: number): number {
  const scaled = Math.round(value * SCALE);
  return Number.isFinite(scaled) ? Math.max(-1e9, Math.min(1e9, scaled)) : 0;
}

/** Shape: `before` is the point that the first one follows; the origin for a whole stroke. */
export function packPoints(points: readonly Point[], before: Point = [0, 0]): Uint8Array {
  const writer = new Writer();
  let [x, y] = [whole(before[0]), whole(before[1])];
  for (const point of points) {
    const [nextX, nextY] = [whole(point[0]), whole(point[1])];
    writer.integer(nextX - x);
    writer.integer(nextY - y);
    [x, y] = [nextX, nextY];
  }
  return writer.done();
}

/** Half a point at the end, or one over the bound, is left out. */
export function unpackPoints(bytes: Uint8Array, before: Point = [0, 0]): Point[] {
  const points: Point[] = [];
  let [x, y] = [whole(before[0]), whole(before[1])];
  let stepX: number | null = null;
  for (const step of integersOf(bytes)) {
    if (stepX === null) stepX = step;
    else {
      [x, y] = [x + stepX, y + step];
      points.push([x / SCALE, y / SCALE]);
      stepX = null;
      if (points.length >= POINTS_MAX) break;
    }
  }
  return points;
}

/** Pressures from 0 to 1, a byte each. */
export function packPressures(pressures: readonly number[]): Uint8Array {
  return Uint8Array.from(pressures, (p) => Math.round(Math.max(0, Math.min(1, p)) * 255));
}

export function unpackPressures(bytes: Uint8Array): number[] {
  return Array.from(bytes, (byte) => byte / 255);
}

/** The stroke with at most `POINTS_MAX` points, its ends kept. */
export function thinned<T>(all: readonly T[]): readonly T[] {
  let kept = all;
  while (kept.length > POINTS_MAX) {
    const last = kept.length - 1;
    kept = kept.filter((_, at) => at % 2 === 0 || at === last);
  }
  return kept;
}
