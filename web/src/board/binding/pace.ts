/** How often a person's changes are written: each is an operation that everybody here receives. */

/** Nobody sees it: this often is enough for who comes, and for a browser that dies. */
const ALONE_MS = 250;
/** To a few people, who draw it as soon as it is there. */
const FEW_MS = 60;
const MANY_MS = 100;
const CROWD_MS = 200;

const FEW = 8;
const CROWD = 30;
/** Drawing a board of more takes so long that sooner is not seen sooner. */
const QUICK_ELEMENTS = 2_000;

/**
 * Units: milliseconds between two updates, the first of which is written at once.
 * Shape: `others` are the other sessions that are attached now, `elements` those of the page.
 */
export function paceMs(others: number, elements: number): number {
  if (others === 0) return ALONE_MS;
  if (others > CROWD) return CROWD_MS;
  return others <= FEW && elements <= QUICK_ELEMENTS ? FEW_MS : MANY_MS;
}
