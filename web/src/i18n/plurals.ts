/** Forms of a number that a language has, and the page never counts up to. */

/**
 * Adds the form of whole millions, which Spanish has and which reads here as every other number.
 *
 * Without it, i18next would say the English sentence. Nothing in a room counts to a million.
 */
export function withMillions<T extends object>(sentences: T): T {
  const entries = Object.entries(sentences).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value === "object" && value !== null) return [[key, withMillions(value)]];
    if (!key.endsWith("_other")) return [[key, value]];
    return [[key, value], [key.replace(/_other$/u, "_many"), value]];
  });
  return Object.fromEntries(entries) as T;
}
