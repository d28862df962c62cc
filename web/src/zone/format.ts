/** Sizes and times, short enough for a chip. */

export function bytes(value: number, language: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  let at = 0;
  let rest = value;
  while (rest >= 1_000 && at < units.length - 1) {
    rest /= 1_000;
    at += 1;
  }
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[at] ?? "byte",
    unitDisplay: at === 0 ? "long" : "short",
    maximumFractionDigits: rest < 10 && at > 1 ? 1 : 0,
  }).format(rest);
}

export function duration(seconds: number, language: string): string {
  const [value, unit] =
    seconds < 60
      ? [seconds, "second"]
      : seconds < 3_600
        ? [seconds / 60, "minute"]
        : seconds < 86_400
          ? [seconds / 3_600, "hour"]
          : [seconds / 86_400, "day"];
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: unit as string,
    unitDisplay: "short",
    maximumFractionDigits: 0,
  }).format(Math.floor(value as number));
}

export function exactTime(time_ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(time_ms);
}
