/** Bounds of breakouts, as the reducer has them (`apps/breakouts.py`). */
export const ROOMS_MAX = 50;
export const NAME_CHARACTERS_MAX = 60;
export const BROADCAST_CHARACTERS_MAX = 500;
export const MINUTES_MAX = 24 * 60;
