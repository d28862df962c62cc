/** Reactions by the name that a screen reader says. */
import { REACTIONS } from "@folkmoot/client";

export const NAMES = [
  "thumbsUp",
  "applause",
  "heart",
  "laughter",
  "surprise",
  "celebration",
  "thinking",
  "thumbsDown",
] as const;

export type ReactionName = (typeof NAMES)[number];

export function nameOf(reaction: string): ReactionName {
  return NAMES[(REACTIONS as readonly string[]).indexOf(reaction)] ?? "thumbsUp";
}
