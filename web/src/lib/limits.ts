/** Bounds that the server keeps too; the page says so before anything is sent. */
export const NAME_CHARACTERS_MAX = 64;
export const TITLE_CHARACTERS_MAX = 120;
export const CHAT_CHARACTERS_MAX = 10_000;

/** Characters as the server counts them: code points, not UTF-16 units. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
