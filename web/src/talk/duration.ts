/** Times as people read them. Pure. */

/** Minutes and seconds, with hours when there are some: 0:07, 12:30, 1:02:03. */
export function clockOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const numbers = [Math.floor(seconds / 60) % 60, seconds % 60];
  const parts = numbers.map((part) => String(part).padStart(2, "0"));
  const hours = Math.floor(seconds / 3_600);
  if (hours > 0) return `${hours}:${parts.join(":")}`;
  return parts.join(":").replace(/^0/u, "");
}

/** What is left: a second that has begun still counts, so that 0:00 is the end. */
export function leftClock(ms: number): string {
  return ms > 0 ? clockOf(ms + 999) : clockOf(-ms);
}
