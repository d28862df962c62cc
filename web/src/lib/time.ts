/** Dates and times as the person's language writes them. */

const DAY_MS = 86_400_000;

function startOfDay(time_ms: number): number {
  const date = new Date(time_ms);
  date.setHours(0, 0, 0, 0);
  return date.getTime();
}

/** Whole calendar days from `time_ms` to `now_ms`, across changes of summer time. */
export function daysAgo(time_ms: number, now_ms: number): number {
  return Math.round((startOfDay(now_ms) - startOfDay(time_ms)) / DAY_MS);
}

export function sameDay(first_ms: number, second_ms: number): boolean {
  return startOfDay(first_ms) === startOfDay(second_ms);
}

export function clock(time_ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(time_ms);
}

export function day(time_ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, {
    weekday: "long",
    day: "numeric",
    month: "long",
  }).format(time_ms);
}

export function dateAndTime(time_ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" }).format(
    time_ms,
  );
}

/** "2 hours ago", in the largest unit that fits. */
export function ago(time_ms: number, now_ms: number, language: string): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const minutes = Math.round((time_ms - now_ms) / 60_000);
  if (Math.abs(minutes) < 60) return format.format(minutes, "minute");
  const hours = Math.round(minutes / 60);
  if (Math.abs(hours) < 24) return format.format(hours, "hour");
  return format.format(-daysAgo(time_ms, now_ms), "day");
}
