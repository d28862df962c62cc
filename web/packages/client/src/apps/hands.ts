/** Hands: who wants to speak, in order, and whose turn it is. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import { mapsOf, numberOf, textOf } from "./values";

export interface Hand {
  readonly person: string;
  readonly raisedMs: number;
  /** Not confirmed by the log yet. */
  readonly pending: boolean;
}

export interface Hands {
  readonly raised: readonly Hand[];
  /** Person id, or empty. */
  readonly turn: string;
}

export const NO_HANDS: Hands = { raised: [], turn: "" };

export function handsOfView(view: unknown): Hands {
  if (!isMap(view)) return NO_HANDS;
  const raised = mapsOf(view["raised"]).map((hand) => ({
    person: textOf(hand["person"]),
    raisedMs: numberOf(hand["time_ms"]),
    pending: false,
  }));
  return { raised, turn: textOf(view["turn"]) };
}

export function handsAfter(hands: Hands, event: Event, timeMs: number): Hands {
  if (event.type === "all_lowered") return NO_HANDS;
  const person = isMap(event.body) ? event.body["person"] : null;
  if (typeof person !== "string") return hands;
  const others = hands.raised.filter((hand) => hand.person !== person);
  switch (event.type) {
    case "raised":
      return { ...hands, raised: [...others, { person, raisedMs: timeMs, pending: false }] };
    case "lowered":
      return { raised: others, turn: hands.turn === person ? "" : hands.turn };
    case "turn":
      return { raised: others, turn: person };
    default:
      return hands;
  }
}

/** What is not decided yet, one's own and others'. */
export interface PendingHand {
  readonly person: string;
  readonly up: boolean;
  readonly atMs: number;
}

/** The hands as they will be if the log takes what is pending. */
export function handsWith(hands: Hands, pending: readonly PendingHand[]): Hands {
  let { raised } = hands;
  for (const { person, up, atMs } of pending) {
    const others = raised.filter((hand) => hand.person !== person);
    if (!up) raised = others;
    else if (others.length === raised.length) {
      raised = [...raised, { person, raisedMs: atMs, pending: true }];
    }
  }
  return raised === hands.raised ? hands : { ...hands, raised };
}
