/** Questions and answers: from a view and the events after it. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import { mapsOf, numberOf, textOf, type Values, withEntry } from "./values";

export type QuestionPhase = "open" | "taken" | "answered" | "dismissed";

export interface Question {
  readonly id: string;
  /** Person id, and the name at that time; empty when it was asked without a name. */
  readonly author: string;
  readonly name: string;
  readonly text: string;
  readonly anonymous: boolean;
  readonly askedMs: number;
  readonly phase: QuestionPhase;
  readonly supports: number;
  readonly answer: string;
  readonly answeredBy: string;
  readonly answeredMs: number;
  /** Whether it is one's own, and whether one supports it. */
  readonly own: boolean;
  readonly supported: boolean;
}

export interface Questions {
  /** Oldest first. */
  readonly questions: readonly Question[];
  readonly anonymousAllowed: boolean;
}

export const NO_QUESTIONS: Questions = { questions: [], anonymousAllowed: true };

const PHASES: readonly unknown[] = ["open", "taken", "answered", "dismissed"];

function isPhase(value: unknown): value is QuestionPhase {
  return PHASES.includes(value);
}

function questionOf(value: Values, self: string | null): Question | null {
  const { question: id, phase } = value;
  if (typeof id !== "string" || !isPhase(phase)) return null;
  const author = textOf(value["author"]);
  return {
    id,
    author,
    name: textOf(value["name"]),
    text: textOf(value["text"]),
    anonymous: value["anonymous"] === true,
    askedMs: numberOf(value["asked_ms"]),
    phase,
    supports: numberOf(value["supports"]),
    answer: textOf(value["answer"]),
    answeredBy: textOf(value["answered_by"]),
    answeredMs: numberOf(value["answered_ms"]),
    own: value["own"] === true || (author !== "" && author === self),
    supported: value["supported"] === true,
  };
}

export function questionsOfView(view: unknown, self: string | null): Questions {
  if (!isMap(view)) return NO_QUESTIONS;
  const questions = mapsOf(view["questions"])
    .map((value) => questionOf(value, self))
    .filter((question) => question !== null);
  return { questions, anonymousAllowed: view["anonymous_allowed"] !== false };
}

export function questionsAfter(state: Questions, event: Event, self: string | null): Questions {
  if (!isMap(event.body)) return state;
  const { body } = event;
  const { questions } = state;
  const known = questions.find(({ id }) => id === body["question"]);
  const put = (question: Question) => ({ ...state, questions: withEntry(questions, question) });
  switch (event.type) {
    case "asked":
    case "changed": {
      const question = questionOf(body, self);
      if (question === null) return state;
      const own = known?.own ?? question.own;
      return put({ ...question, own, supported: known?.supported ?? false });
    }
    case "own":
      return known === undefined ? state : put({ ...known, own: true });
    case "supported":
      return known === undefined ? state : put({ ...known, supported: body["up"] === true });
    case "removed":
      return { ...state, questions: questions.filter((question) => question !== known) };
    case "anonymous_allowed":
      return { ...state, anonymousAllowed: body["allowed"] === true };
    case "counted": {
      const supports = isMap(body["supports"]) ? body["supports"] : {};
      const counted = questions.map((question) =>
        question.id in supports
          ? { ...question, supports: numberOf(supports[question.id]) }
          : question,
      );
      return { ...state, questions: counted };
    }
    default:
      return state;
  }
}
