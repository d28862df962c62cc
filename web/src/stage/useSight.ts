/** What is in sight on the stage, and the ways to look elsewhere and back. */
import { useCallback, useEffect, useReducer } from "react";

import { FIRST_SIGHT, inSight, sightAfter } from "./follow";
import type { Item } from "./model";

/** Shape: `shown` is the key of what everybody is shown, or null. */
export function useSight(items: readonly Item[], shown: string | null) {
  const [sight, change] = useReducer(sightAfter, FIRST_SIGHT);
  useEffect(() => change({ type: "shown", shown }), [shown]);
  const keys = items.map(({ key }) => key);
  const choose = useCallback((key: string) => change({ type: "choose", key, shown }), [shown]);
  const goBack = useCallback(() => change({ type: "return", shown }), [shown]);
  const key = inSight(sight, shown, keys);
  return { key, wandering: shown !== null && key !== shown, choose, goBack };
}
