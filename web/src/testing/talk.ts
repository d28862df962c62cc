/** A room's polls, questions, hands and agenda for component tests: observables that can be set. */
import type { Agenda, Conference, Hands, Poll, Question, Questions, Reaction, Roster } from "@folkmoot/client";
import { act } from "@testing-library/react";
import { vi } from "vitest";

export function poll(parts: Partial<Poll> = {}): Poll {
  return {
    id: "5.0",
    kind: "single",
    title: "Lunch?",
    options: ["Soup", "Salad"],
    right: [],
    points: 0,
    secret: true,
    live: false,
    changeable: true,
    choicesMax: 1,
    quorumPercent: 0,
    phase: "open",
    published: false,
    votes: 0,
    eligible: 3,
    counts: null,
    ranking: null,
    createdMs: 0,
    startedMs: 0,
    deadlineMs: 0,
    closedMs: 0,
    mine: null,
    score: null,
    ...parts,
  };
}

export function question(parts: Partial<Question> = {}): Question {
  return {
    id: "7.0",
    author: "p2",
    name: "Grace",
    text: "Why?",
    anonymous: false,
    askedMs: 1,
    phase: "open",
    supports: 0,
    answer: "",
    answeredBy: "",
    answeredMs: 0,
    own: false,
    supported: false,
    ...parts,
  };
}

export function cell<T>(value: T) {
  const listeners = new Set<() => void>();
  return {
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => value,
    set: (next: T) =>
      act(() => {
        value = next;
        for (const listener of listeners) listener();
      }),
  };
}

const SAVED = { state: "saved", position: { epoch: "e", sequence: 1 } } as const;

/** Shape: every operation is saved at once, until `refuse` says otherwise. */
export function talkRoom() {
  let outcome: object = SAVED;
  const submit = () => vi.fn(() => ({ id: "o1", outcome: Promise.resolve(outcome) }));
  const listeners = new Set<(reaction: Reaction) => void>();
  const refusals = new Set<() => void>();
  const person = (id: string, name: string, role: string) => ({
    id,
    name,
    role,
    present: true,
    joinedMs: 0,
    self: id === "p1",
  });
  const persons = [person("p1", "Ada", "host"), person("p2", "Grace", "participant")];
  const roster = { persons, byId: new Map(persons.map((one) => [one.id, one])), present: 2, locks: { openTo: new Map(), suspended: false } };
  const operations = [
    "createPoll", "editPoll", "startPoll", "vote", "closePoll", "publishPoll", "removePoll", "ask",
    "support", "answerQuestion", "onQuestion", "allowAnonymous", "raiseHand", "lowerHand",
    "nextHand", "lowerHandOf", "lowerAllHands", "addItem", "editItem", "removeItem", "moveItem",
    "goToItem", "nextItem", "startTimer", "extendTimer", "onTimer",
  ];
  const talk = {
    polls: cell<readonly Poll[]>([]),
    questions: cell<Questions>({ questions: [], anonymousAllowed: true }),
    hands: cell<Hands>({ raised: [], turn: "" }),
    agenda: cell<Agenda>({ items: [], current: "", sinceMs: 0, timer: null }),
    logMs: () => 100_000,
    react: vi.fn(() => true),
    onReactionRefused: (listener: () => void) => {
      refusals.add(listener);
      return () => refusals.delete(listener);
    },
    pollAnswers: vi.fn(async () => [{ name: "", choices: [], text: "tea", votes: 2 }]),
    standings: vi.fn(async () => [{ person: "p2", name: "Grace", points: 4 }]),
    onReaction: (listener: (reaction: Reaction) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...Object.fromEntries(operations.map((name) => [name, submit()])),
  };
  const conference = {
    talk,
    roster: cell(roster as unknown as Roster),
    status: cell({ person: "p1" }),
    dismiss: vi.fn(),
  };
  return {
    talk: talk as typeof talk & Record<string, ReturnType<typeof submit>>,
    conference: conference as unknown as Conference,
    dismissed: conference.dismiss,
    refuse: (code: string) => {
      outcome = { state: "failed", code, message: "", position: null };
    },
    refuseReaction: () =>
      act(() => {
        for (const listener of refusals) listener();
      }),
    /** As somebody of this role, to whom these settings are closed. */
    close: (role: string, ...settings: string[]) => {
      const own = persons.map((one) => (one.self ? { ...one, role } : one));
      const openTo = new Map(settings.map((setting) => [setting, []]));
      const locks = { openTo, suspended: false };
      conference.roster.set({ ...roster, persons: own, locks } as unknown as Roster);
    },
    float: (reaction: Reaction) =>
      act(() => {
        for (const listener of listeners) listener(reaction);
      }),
  };
}
