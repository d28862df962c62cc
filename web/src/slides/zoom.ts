/** How large a page is, by its size when all of it is seen. Pure. */
const ZOOMS = [1, 1.25, 1.5, 2, 3, 4] as const;
export const ZOOM_LAST = 4;

/** The next larger (1) or smaller (-1) size; 0 shows all of the page. */
export function zoomAfter(zoom: number, step: 1 | -1 | 0): number {
  if (step === 0) return 1;
  const at = ZOOMS.findIndex((one) => one >= zoom);
  return ZOOMS[Math.min(Math.max(0, at + step), ZOOMS.length - 1)] ?? 1;
}

export function zoomOfKey(key: string): 1 | -1 | 0 | null {
  if (key === "+" || key === "=") return 1;
  if (key === "-") return -1;
  return key === "0" ? 0 : null;
}
