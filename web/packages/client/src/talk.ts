/**
 * Polls, questions, hands, agenda and reactions of a conference: what a person sees of them and can
 * do. It reduces what the log decided and sends operations; every operation's promise says what
 * became of it.
 */
import { type Agenda, agendaAfter, agendaOfView, NO_AGENDA } from "./apps/agenda";
import {
  type Hands,
  handsAfter,
  handsOfView,
  handsWith,
  NO_HANDS,
  type PendingHand,
} from "./apps/hands";
import {
  answersOf,
  bodyOfTerms,
  NO_POLLS,
  type PollAnswer,
  type PollList,
  pollsAfter,
  pollsOfView,
  type PollTerms,
  type PollVote,
  type Standing,
  standingsOf,
} from "./apps/polls";
import {
  NO_QUESTIONS,
  type Questions,
  questionsAfter,
  questionsOfView,
} from "./apps/questions";
import {
  type Reaction,
  REACTION_TOPIC,
  REACTIONS_TOPIC,
  reactionsOf,
} from "./apps/reactions";
import { LogClock } from "./logClock";
import type { Event } from "./generated/frames.gen";
import { Cell, Listeners, type Observable } from "./observable";
import type { OperationView, Submitted } from "./operations";
import type { Previews } from "./previews";

export interface TalkHost {
  submit(app: string, type: string, body: unknown): Submitted;
  get(query: string, args: unknown): Promise<unknown>;
  sendLive(topic: string, body: unknown): boolean;
  /** The person whose page this is. */
  self(): string | null;
  /** A steady clock, and the wall's. Units: milliseconds. */
  nowMs(): number;
  wallMs(): number;
}

/** Pages of answers asked for at most: a poll has no more votes. */
const ANSWER_PAGES_MAX = 20;
/** What is dropped so soon after a reaction is taken to be the reaction. */
const REFUSED_WITHIN_MS = 5_000;

export class Talk {
  readonly polls: Observable<PollList>;
  readonly questions: Observable<Questions>;
  readonly hands: Observable<Hands>;
  readonly agenda: Observable<Agenda>;

  private readonly pollsCell = new Cell<PollList>(NO_POLLS);
  private readonly questionsCell = new Cell<Questions>(NO_QUESTIONS);
  private readonly handsCell = new Cell<Hands>(NO_HANDS);
  private readonly agendaCell = new Cell<Agenda>(NO_AGENDA);
  private readonly reactions = new Listeners<Reaction>();
  private readonly clock = new LogClock();
  private readonly refusals = new Listeners<void>();
  private reactedMs: number | null = null;
  private handsDecided = NO_HANDS;
  private handsShown: readonly unknown[] = [];

  constructor(private readonly host: TalkHost) {
    this.polls = this.pollsCell;
    this.questions = this.questionsCell;
    this.hands = this.handsCell;
    this.agenda = this.agendaCell;
  }

  // Polls

  createPoll(terms: PollTerms): Submitted {
    return this.host.submit("polls", "create", bodyOfTerms(terms));
  }

  editPoll(poll: string, terms: PollTerms): Submitted {
    return this.host.submit("polls", "edit", { poll, ...bodyOfTerms(terms) });
  }

  /** Opens a draft, until it is closed by hand or for so many seconds. */
  startPoll(poll: string, seconds = 0): Submitted {
    return this.host.submit("polls", "start", { poll, seconds });
  }

  vote(poll: string, vote: PollVote): Submitted {
    return this.host.submit("polls", "vote", { poll, choices: vote.choices, text: vote.text });
  }

  closePoll(poll: string): Submitted {
    return this.host.submit("polls", "close", { poll });
  }

  publishPoll(poll: string): Submitted {
    return this.host.submit("polls", "publish", { poll });
  }

  removePoll(poll: string): Submitted {
    return this.host.submit("polls", "remove", { poll });
  }

  /** Every vote of an open poll, or what was said in a secret one. Throws `ApiError`. */
  async pollAnswers(poll: string): Promise<PollAnswer[]> {
    const found: PollAnswer[] = [];
    for (let page = 0; page < ANSWER_PAGES_MAX; page += 1) {
      const answer = await this.host.get("poll_answers", { poll, after: found.length });
      const { answers, more } = answersOf(answer);
      found.push(...answers);
      if (!more || answers.length === 0) break;
    }
    return found;
  }

  /** The points of everyone in the open quizzes, best first. Throws `ApiError`. */
  async standings(): Promise<Standing[]> {
    return standingsOf(await this.host.get("quiz_standings", {}));
  }

  // Questions

  ask(text: string, anonymous: boolean): Submitted {
    return this.host.submit("questions", "ask", { text, anonymous });
  }

  support(question: string, up: boolean): Submitted {
    return this.host.submit("questions", "support", { question, up });
  }

  answerQuestion(question: string, text: string): Submitted {
    return this.host.submit("questions", "answer", { question, text });
  }

  /** Shape: `take` says that it is answered live now. */
  onQuestion(question: string, type: "withdraw" | "take" | "dismiss" | "reopen"): Submitted {
    return this.host.submit("questions", type, { question });
  }

  allowAnonymous(allowed: boolean): Submitted {
    return this.host.submit("questions", "allow_anonymous", { allowed });
  }

  // Hands and reactions

  raiseHand(): Submitted {
    return this.host.submit("hands", "raise", {});
  }

  lowerHand(): Submitted {
    return this.host.submit("hands", "lower", {});
  }

  nextHand(): Submitted {
    return this.host.submit("hands", "next", {});
  }

  lowerHandOf(person: string): Submitted {
    return this.host.submit("hands", "lower_person", { person });
  }

  lowerAllHands(): Submitted {
    return this.host.submit("hands", "lower_all", {});
  }

  /** Lets a reaction float; it may be dropped. */
  react(reaction: string): boolean {
    this.reactedMs = this.host.nowMs();
    return this.host.sendLive(REACTION_TOPIC, reaction);
  }

  onReaction(listener: (reaction: Reaction) => void): () => void {
    return this.reactions.add(listener);
  }

  /** A server did not take a reaction: they are closed, or were a moment ago. */
  onReactionRefused(listener: () => void): () => void {
    return this.refusals.add(listener);
  }

  // Agenda

  addItem(title: string, durationMs: number): Submitted {
    return this.host.submit("agenda", "add", { title, duration_ms: durationMs });
  }

  editItem(item: string, title: string, durationMs: number): Submitted {
    return this.host.submit("agenda", "edit", { item, title, duration_ms: durationMs });
  }

  removeItem(item: string): Submitted {
    return this.host.submit("agenda", "remove", { item });
  }

  moveItem(item: string, place: number): Submitted {
    return this.host.submit("agenda", "move", { item, place });
  }

  /** Goes to an item; with an empty id the agenda is over. */
  goToItem(item: string): Submitted {
    return this.host.submit("agenda", "go", { item });
  }

  /** Goes on from the item that is on; who presses second changes nothing. */
  nextItem(item: string): Submitted {
    return this.host.submit("agenda", "next", { item });
  }

  startTimer(durationMs: number, label = ""): Submitted {
    return this.host.submit("agenda", "start", { duration_ms: durationMs, label });
  }

  extendTimer(addMs: number): Submitted {
    return this.host.submit("agenda", "extend", { add_ms: addMs });
  }

  onTimer(type: "pause" | "resume" | "stop"): Submitted {
    return this.host.submit("agenda", type, {});
  }

  /** The log's time now, the same for everyone whatever their clocks show. */
  readonly logMs = (): number => this.clock.at(this.host.nowMs()) ?? this.host.wallMs();

  // Inside: called by the conference

  timed(sentMs: number, receivedMs: number, timeMs: number): void {
    this.clock.told(sentMs, receivedMs, timeMs);
  }

  /** The views of a welcome take the place of everything. */
  replaced(state: Readonly<Record<string, unknown>>): void {
    this.pollsCell.set(pollsOfView(state["polls"]));
    this.questionsCell.set(questionsOfView(state["questions"], this.host.self()));
    this.handsDecided = handsOfView(state["hands"]);
    this.agendaCell.set(agendaOfView(state["agenda"]));
  }

  followed(event: Event, timeMs: number): void {
    switch (event.app) {
      case "polls":
        this.pollsCell.set(pollsAfter(this.polls.getSnapshot(), event));
        return;
      case "questions": {
        const before = this.questions.getSnapshot();
        this.questionsCell.set(questionsAfter(before, event, this.host.self()));
        return;
      }
      case "hands":
        this.handsDecided = handsAfter(this.handsDecided, event, timeMs);
        return;
      case "agenda":
        this.agendaCell.set(agendaAfter(this.agenda.getSnapshot(), event));
    }
  }

  /** A server dropped something live of ours; which, it does not say. */
  dropped(): void {
    if (this.reactedMs === null || this.host.nowMs() - this.reactedMs > REFUSED_WITHIN_MS) return;
    this.reactedMs = null;
    this.refusals.tell();
  }

  live(number: number, topic: string, body: unknown): void {
    // Only a server speaks for session 0.
    if (number !== 0 || topic !== REACTIONS_TOPIC) return;
    for (const reaction of reactionsOf(body)) this.reactions.tell(reaction);
  }

  /** Shows hands with what is pending, after each burst. */
  settle(operations: readonly OperationView[], previews: Previews): void {
    const self = this.host.self();
    const shown = [this.handsDecided, operations, previews, self];
    if (shown.every((value, at) => value === this.handsShown[at])) return;
    this.handsShown = shown;
    const pending = [...othersHands(previews), ...ownHands(operations, self)];
    this.handsCell.set(handsWith(this.handsDecided, pending));
  }
}

function othersHands(previews: Previews): PendingHand[] {
  return previews
    .filter(({ app }) => app === "hands")
    .map(({ author, type, atMs }) => ({ person: author, up: type === "raised", atMs }));
}

function ownHands(operations: readonly OperationView[], self: string | null): PendingHand[] {
  return operations
    .filter(({ app, type, state }) => {
      return app === "hands" && state === "sending" && (type === "raise" || type === "lower");
    })
    .map(({ type, atMs }) => ({ person: self ?? "", up: type === "raise", atMs }));
}
