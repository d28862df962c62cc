/** In which order questions are shown. Pure. */
import type { Question } from "@folkmoot/client";

export interface Ordered {
  /** The one that is answered now first, then what most want to know; equals by age. */
  readonly waiting: readonly Question[];
  /** The newest answer first. */
  readonly answered: readonly Question[];
  readonly dismissed: readonly Question[];
}

export function ordered(questions: readonly Question[]): Ordered {
  const of = (...phases: Question["phase"][]) =>
    questions.filter(({ phase }) => phases.includes(phase));
  const taken = ({ phase }: Question) => (phase === "taken" ? 1 : 0);
  return {
    waiting: of("open", "taken").toSorted(
      (a, b) => taken(b) - taken(a) || b.supports - a.supports || a.askedMs - b.askedMs,
    ),
    answered: of("answered").toSorted((a, b) => b.answeredMs - a.answeredMs),
    dismissed: of("dismissed"),
  };
}
