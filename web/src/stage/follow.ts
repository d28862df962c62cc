/** What a person has in sight: what is shown to everybody, until they look elsewhere. Pure. */

/** `own` is the key of what they chose, or what they had in sight last. */
export interface Sight {
  readonly own: string;
  readonly wandering: boolean;
}

/** `shown` is the key of what is shown to everybody; null when that is nothing. */
export type SightChange =
  | { readonly type: "choose"; readonly key: string; readonly shown: string | null }
  | { readonly type: "shown"; readonly shown: string | null }
  | { readonly type: "return"; readonly shown: string | null };

export const FIRST_SIGHT: Sight = { own: "", wandering: false };

/** Who wanders goes on wandering when something else is shown, until they come back or it ends. */
export function sightAfter(sight: Sight, change: SightChange): Sight {
  switch (change.type) {
    case "choose":
      return { own: change.key, wandering: change.shown !== null && change.key !== change.shown };
    case "shown":
      if (change.shown === null) return { ...sight, wandering: false };
      // Who shows what they have in sight themselves wanders no more.
      if (sight.wandering && sight.own !== change.shown) return sight;
      return { own: change.shown, wandering: false };
    case "return":
      return { own: change.shown ?? sight.own, wandering: false };
  }
}

/** The key in sight; empty while there is nothing to see. */
export function inSight(sight: Sight, shown: string | null, keys: readonly string[]): string {
  const gone = !keys.includes(sight.own);
  if (shown !== null && (gone || !sight.wandering)) return shown;
  return gone ? (keys[0] ?? "") : sight.own;
}
