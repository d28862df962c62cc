/** Polls and quizzes: from a view and the events after it. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import { mapsOf, numberOf, numbersOf, listOf, textOf, type Values, withEntry } from "./values";

export const POLL_KINDS = ["single", "multiple", "ranked", "text", "yesno", "quiz"] as const;
export type PollKind = (typeof POLL_KINDS)[number];

/** What a poll asks, and how; see docs/polls.md. */
export interface PollTerms {
  readonly kind: PollKind;
  readonly title: string;
  readonly options: readonly string[];
  /** Right options of a quiz; none while they are not to be seen. */
  readonly right: readonly number[];
  readonly points: number;
  readonly secret: boolean;
  readonly live: boolean;
  readonly changeable: boolean;
  readonly choicesMax: number;
  readonly quorumPercent: number;
}

export interface PollVote {
  /** Numbers of options; in a ranked poll best first. */
  readonly choices: readonly number[];
  readonly text: string;
}

export interface RankingRound {
  /** By option; -1 for those that are out. */
  readonly counts: readonly number[];
  readonly out: readonly number[];
}

export interface Ranking {
  readonly rounds: readonly RankingRound[];
  /** Several when they are equal. */
  readonly winners: readonly number[];
  readonly borda: readonly number[];
}

export interface Poll extends PollTerms {
  readonly id: string;
  readonly phase: "draft" | "open" | "closed";
  readonly published: boolean;
  readonly votes: number;
  /** How many could vote when last counted. */
  readonly eligible: number;
  /** By option; null while they are not to be seen. */
  readonly counts: readonly number[] | null;
  readonly ranking: Ranking | null;
  readonly createdMs: number;
  readonly startedMs: number;
  /** In the log's time; 0 for none. */
  readonly deadlineMs: number;
  readonly closedMs: number;
  /** One's own vote, while it is kept. */
  readonly mine: PollVote | null;
  /** One's own points in a published quiz. */
  readonly score: number | null;
}

/** Oldest first. */
export type PollList = readonly Poll[];

/** One answer: with a name in an open poll, with how often it was said in a secret one. */
export interface PollAnswer extends PollVote {
  readonly name: string;
  readonly votes: number;
}

export interface Standing {
  readonly person: string;
  readonly name: string;
  readonly points: number;
}

export const NO_POLLS: PollList = [];

function voteOf(value: unknown): PollVote | null {
  if (!isMap(value)) return null;
  return { choices: numbersOf(value["choices"]), text: textOf(value["text"]) };
}

function rankingOf(value: unknown): Ranking | null {
  if (!isMap(value)) return null;
  const rounds = mapsOf(value["rounds"]).map((round) => ({
    counts: numbersOf(round["counts"]),
    out: numbersOf(round["out"]),
  }));
  return { rounds, winners: numbersOf(value["winners"]), borda: numbersOf(value["borda"]) };
}

function countsOf(value: unknown): readonly number[] | null {
  return Array.isArray(value) ? numbersOf(value) : null;
}

function isKind(value: unknown): value is PollKind {
  return (POLL_KINDS as readonly unknown[]).includes(value);
}

function pollOf(value: Values): Poll | null {
  const { poll: id, kind, phase } = value;
  if (typeof id !== "string" || !isKind(kind)) return null;
  if (phase !== "draft" && phase !== "open" && phase !== "closed") return null;
  return {
    id,
    kind,
    phase,
    title: textOf(value["title"]),
    options: listOf(value["options"]).map(textOf),
    right: numbersOf(value["right"]),
    points: numberOf(value["points"]),
    secret: value["secret"] === true,
    live: value["live"] === true,
    changeable: value["changeable"] === true,
    choicesMax: numberOf(value["choices_max"]),
    quorumPercent: numberOf(value["quorum_percent"]),
    published: value["published"] === true,
    votes: numberOf(value["votes"]),
    eligible: numberOf(value["eligible"]),
    counts: countsOf(value["counts"]),
    ranking: rankingOf(value["ranking"]),
    createdMs: numberOf(value["created_ms"]),
    startedMs: numberOf(value["started_ms"]),
    deadlineMs: numberOf(value["deadline_ms"]),
    closedMs: numberOf(value["closed_ms"]),
    mine: voteOf(value["mine"]),
    score: typeof value["score"] === "number" ? value["score"] : null,
  };
}

export function pollsOfView(view: unknown): PollList {
  if (!isMap(view)) return NO_POLLS;
  return mapsOf(view["polls"])
    .map(pollOf)
    .filter((poll) => poll !== null);
}

/** The points follow from the own vote, which a secret poll keeps only until it closes. */
function scored(poll: Poll): Poll {
  if (!poll.published || poll.kind !== "quiz" || poll.mine === null) return poll;
  const chosen = poll.mine.choices.toSorted((a, b) => a - b).join();
  const right = poll.right.toSorted((a, b) => a - b).join();
  return { ...poll, score: chosen === right ? poll.points : 0 };
}

export function pollsAfter(polls: PollList, event: Event): PollList {
  if (!isMap(event.body)) return polls;
  const { body } = event;
  const known = polls.find(({ id }) => id === body["poll"]);
  switch (event.type) {
    case "changed": {
      const changed = pollOf(body);
      if (changed === null) return polls;
      const own = { mine: known?.mine ?? null, score: known?.score ?? null };
      return withEntry(polls, scored({ ...changed, ...own }));
    }
    case "removed":
      return polls.filter((poll) => poll !== known);
    case "voted":
      return known === undefined ? polls : withEntry(polls, { ...known, mine: voteOf(body) });
    case "counted": {
      if (known === undefined) return polls;
      const votes = numberOf(body["votes"]);
      const counts = countsOf(body["counts"]) ?? known.counts;
      return withEntry(polls, { ...known, votes, eligible: numberOf(body["eligible"]), counts });
    }
    default:
      return polls;
  }
}

export function answersOf(value: unknown): { answers: PollAnswer[]; more: boolean } {
  const map = isMap(value) ? value : {};
  const answers = mapsOf(map["answers"]).map((answer) => ({
    name: textOf(answer["name"]),
    choices: numbersOf(answer["choices"]),
    text: textOf(answer["text"]),
    votes: numberOf(answer["votes"]) || 1,
  }));
  return { answers, more: map["more"] === true };
}

export function standingsOf(value: unknown): Standing[] {
  return mapsOf(isMap(value) ? value["standings"] : null).map((standing) => ({
    person: textOf(standing["person"]),
    name: textOf(standing["name"]),
    points: numberOf(standing["points"]),
  }));
}

/** What the operation `create` takes. */
export function bodyOfTerms(terms: PollTerms): Record<string, unknown> {
  const { kind, title, options, right, points, secret, live, changeable } = terms;
  return {
    kind,
    title,
    options,
    right,
    points,
    secret,
    live,
    changeable,
    choices_max: terms.choicesMax,
    quorum_percent: terms.quorumPercent,
  };
}

/** Whether enough have voted; true when the poll asks for no quorum. */
export function quorumReached(poll: Poll): boolean {
  return poll.votes * 100 >= poll.quorumPercent * poll.eligible;
}
