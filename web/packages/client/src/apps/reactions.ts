/** Reactions that float for a moment, as servers tell them. Pure. */
import { REACTIONS } from "../generated/limits.gen";
import { listOf, numberOf, numbersOf } from "./values";

export const REACTION_TOPIC = "reaction";
export const REACTIONS_TOPIC = "reactions";

export interface Reaction {
  readonly reaction: string;
  readonly count: number;
  /** Numbers of up to three of the sessions. */
  readonly numbers: readonly number[];
}

export function reactionsOf(body: unknown): Reaction[] {
  return listOf(body).flatMap((value) => {
    const [reaction, count, numbers] = listOf(value);
    if (!(REACTIONS as readonly unknown[]).includes(reaction)) return [];
    return [
      { reaction: reaction as string, count: numberOf(count), numbers: numbersOf(numbers) },
    ];
  });
}
