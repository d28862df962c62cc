/** What colours of people look like. White text on any of them has a contrast of 4.5 or more. */
import { PERSON_COLOURS } from "@folkmoot/client";

const COLOURS = [
  "#b3402e",
  "#9a540c",
  "#786400",
  "#3f7220",
  "#0f7565",
  "#0b6f94",
  "#3a62c4",
  "#6a51c7",
  "#973ba8",
  "#b13374",
] as const;

/** FNV-1a: whom nobody was told a colour of has the same one in every browser. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}

export function colourOf(person: string, told?: number): string {
  return COLOURS[told === undefined ? hash(person) % PERSON_COLOURS : told - 1] ?? COLOURS[0];
}

/** Up to two letters for a picture of a person. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = words[0];
  if (first === undefined) return "?";
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  const letter = (word: string | undefined) => (word ? ([...word][0] ?? "") : "");
  return (letter(first) + letter(last)).toLocaleUpperCase();
}
