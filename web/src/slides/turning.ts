/** Which page of a deck a person sees: everyone's, or one of their own for a while. Pure. */

export interface Place {
  /** The page they chose for themselves. */
  readonly own: number;
  readonly wandering: boolean;
}

export type PlaceChange =
  | { readonly type: "wander"; readonly page: number; readonly shared: number }
  | { readonly type: "return" };

export const FIRST_PLACE: Place = { own: 1, wandering: false };

export function placeAfter(place: Place, change: PlaceChange): Place {
  if (change.type === "return") return { ...place, wandering: false };
  return { own: change.page, wandering: change.page !== change.shared };
}

/** Shape: `wanted` is the page to which one's own turn for everyone is still on its way. */
export function pageInSight(place: Place, shared: number, wanted: number | null): number {
  return place.wandering ? place.own : (wanted ?? shared);
}

export function within(page: number, pages: number): number {
  return Math.min(Math.max(1, page), Math.max(1, pages));
}

/**
 * The page that a key turns to; null when it is none of these. Shape: `turned` where writing runs
 * leftwards: there the left arrow goes on.
 */
export function turnOf(
  key: string,
  page: number,
  pages: number,
  turned = false,
): number | null {
  const swapped = turned ? { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }[key] : undefined;
  switch (swapped ?? key) {
    case "ArrowRight":
    case "ArrowDown":
    case "PageDown":
    case " ":
      return within(page + 1, pages);
    case "ArrowLeft":
    case "ArrowUp":
    case "PageUp":
      return within(page - 1, pages);
    case "Home":
      return 1;
    case "End":
      return within(pages, pages);
    default:
      return null;
  }
}

/** How far a finger must go, in pixels, and how much more to the side than up or down. */
const SWIPE_PX = 48;
const SIDEWAYS = 1.6;

/** A finger's way as steps forward; 0 for none. Shape: `turned` where writing runs leftwards. */
export function swipeOf(dx: number, dy: number, turned: boolean): -1 | 0 | 1 {
  if (Math.abs(dx) < SWIPE_PX || Math.abs(dx) < SIDEWAYS * Math.abs(dy)) return 0;
  return dx < 0 === !turned ? 1 : -1;
}

/** Whose turns are everyone's: presenters', but while another shows this deck, only that one's. */
export function leadsBy(presenter: boolean, shownBy: string, self: string): boolean {
  return presenter && (shownBy === "" || shownBy === self);
}

/** Pages to have ready before somebody turns to them. */
export function nearby(page: number, pages: number): number[] {
  return [page + 1, page - 1, page + 2].filter((one) => one >= 1 && one <= pages);
}

export interface Hit {
  readonly page: number;
  /** Some words around the place. */
  readonly excerpt: string;
}

const AROUND = 36;

/** Pages whose text holds the words, whatever their case. */
export function findIn(texts: readonly string[], wanted: string): Hit[] {
  const words = wanted.trim().toLocaleLowerCase();
  if (words === "") return [];
  return texts.flatMap((text, index): Hit[] => {
    const flat = text.replace(/\s+/gu, " ").trim();
    const at = flat.toLocaleLowerCase().indexOf(words);
    if (at < 0) return [];
    const from = Math.max(0, at - AROUND);
    const to = Math.min(flat.length, at + words.length + AROUND);
    const [before, after] = [from > 0 ? "…" : "", to < flat.length ? "…" : ""];
    return [{ page: index + 1, excerpt: before + flat.slice(from, to).trim() + after }];
  });
}
