/** What somebody sees of the board, and how to see the same on a screen of another shape. Pure. */

/** Shape: a part of the board in its own units; `page` is the page it is on. */
export interface View {
  readonly page: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Excalidraw's: a point of the board is at (x + scrollX) * zoom of the screen. */
export interface Scroll {
  readonly scrollX: number;
  readonly scrollY: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const ZOOM_MIN = 0.1;
const ZOOM_MAX = 30;

export function viewOf(page: string, scroll: Scroll, screen: Size): View {
  return {
    page,
    x: -scroll.scrollX,
    y: -scroll.scrollY,
    width: screen.width / scroll.zoom,
    height: screen.height / scroll.zoom,
  };
}

/** All that `view` shows, as large as the screen allows, in its middle. */
export function scrollTo(view: View, screen: Size): Scroll {
  const wanted = Math.min(screen.width / view.width, screen.height / view.height);
  const zoom = Math.max(ZOOM_MIN, Math.min(ZOOM_MAX, wanted));
  return {
    scrollX: screen.width / zoom / 2 - (view.x + view.width / 2),
    scrollY: screen.height / zoom / 2 - (view.y + view.height / 2),
    zoom,
  };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const MARGIN = 30;

/**
 * Where to begin to look: at the beginning of the board when all is to be seen from there, else at
 * all there is. Shape: what has no place among `boxes` does not count.
 */
export function firstScroll(boxes: Iterable<unknown>, screen: Size): Scroll {
  const home: Scroll = { scrollX: 0, scrollY: 0, zoom: 1 };
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    const { x, y, width, height } = box as Partial<Box>;
    if (typeof x !== "number" || typeof y !== "number") continue;
    if (typeof width !== "number" || typeof height !== "number") continue;
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + width), Math.max(bottom, y + height)];
  }
  const size = right - left + bottom - top;
  if (!Number.isFinite(size)) return home;
  if (left >= 0 && top >= 0 && right <= screen.width && bottom <= screen.height) return home;
  const view = {
    page: "",
    x: left - MARGIN,
    y: top - MARGIN,
    width: Math.max(right - left + 2 * MARGIN, screen.width),
    height: Math.max(bottom - top + 2 * MARGIN, screen.height),
  };
  view.x -= (view.width - (right - left + 2 * MARGIN)) / 2;
  view.y -= (view.height - (bottom - top + 2 * MARGIN)) / 2;
  return scrollTo(view, screen);
}

/** Whether the two would look the same; scrolling is rounded on the way. */
export function sameScroll(a: Scroll, b: Scroll): boolean {
  return (
    Math.abs(a.scrollX - b.scrollX) * a.zoom < 1 &&
    Math.abs(a.scrollY - b.scrollY) * a.zoom < 1 &&
    Math.abs(a.zoom / b.zoom - 1) < 0.001
  );
}

/** A view as others told it; undefined when it is none. */
export function viewFrom(value: unknown): View | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { page, x, y, width, height } = value as Partial<Record<keyof View, unknown>>;
  const numbers = [x, y, width, height];
  if (typeof page !== "string" || page.length > 40) return undefined;
  if (!numbers.every((n): n is number => typeof n === "number" && Number.isFinite(n))) {
    return undefined;
  }
  const [left = 0, top = 0, wide = 0, high = 0] = numbers;
  if (wide < 1e-3 || high < 1e-3) return undefined;
  return { page, x: left, y: top, width: wide, height: high };
}
