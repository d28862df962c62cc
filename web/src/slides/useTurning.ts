/** Which page is in sight, and turning it: for everyone, or for oneself alone. */
import type { Conference, Deck } from "@folkmoot/client";
import { useCallback, useReducer, useRef, useState } from "react";

import { useObservable } from "../session/hooks";
import { DECK } from "../stage/model";
import { runsTalk } from "../talk/roles";
import { FIRST_PLACE, leadsBy, pageInSight, placeAfter, within } from "./turning";

type Turns = Pick<Conference, "slides" | "stage" | "roster" | "status" | "dismiss">;

export interface Turning {
  readonly page: number;
  readonly pages: number;
  /** One's turns are everyone's. */
  readonly leads: boolean;
  readonly presents: boolean;
  readonly wandering: boolean;
  /** The name of who shows the deck; null for oneself or nobody. */
  readonly leader: string | null;
  readonly turnTo: (page: number) => void;
  readonly goBack: () => void;
  readonly setLeads: (leads: boolean) => void;
}

/** One turn on its way at a time: who holds a key down sends where they arrive, not every page. */
function useTurn(conference: Turns, deck: string) {
  const [wanted, setWanted] = useState<number | null>(null);
  const next = useRef<number | null>(null);
  const busy = useRef(false);
  const turn = useCallback(
    async (page: number) => {
      next.current = page;
      setWanted(page);
      if (busy.current) return;
      busy.current = true;
      for (let to: number | null = page; to !== null; to = next.current) {
        next.current = null;
        const submitted = conference.slides.turn(deck, to);
        // Turns are worth something only in their order: the next waits for this one.
        // oxlint-disable-next-line no-await-in-loop
        const outcome = await submitted.outcome;
        if (outcome.state !== "saved") conference.dismiss(submitted.id);
      }
      busy.current = false;
      setWanted(null);
    },
    [conference, deck],
  );
  return [wanted, turn] as const;
}

export function useTurning(conference: Turns, deck: Deck): Turning {
  const roster = useObservable(conference.roster);
  const stage = useObservable(conference.stage.shown);
  const { person } = useObservable(conference.status);
  const [place, change] = useReducer(placeAfter, FIRST_PLACE);
  const [wanted, turn] = useTurn(conference, deck.id);
  const [chosen, setChosen] = useState<{ leads: boolean; shownBy: string }>();

  const pages = deck.pages.length;
  const shownBy = stage.kind === DECK && stage.id === deck.id ? stage.by : "";
  const presents = runsTalk(roster);
  // What was chosen holds until somebody else shows the deck.
  const own = chosen?.shownBy === shownBy ? chosen.leads : undefined;
  const leads = presents && (own ?? leadsBy(presents, shownBy, person ?? ""));
  const shared = within(deck.page, pages);
  const page = within(pageInSight(place, shared, wanted), pages);

  const turnTo = useCallback(
    (to: number) => {
      const next = within(to, pages);
      if (leads) {
        change({ type: "return" });
        if (next !== page) void turn(next);
      } else change({ type: "wander", page: next, shared });
    },
    [leads, page, pages, shared, turn],
  );
  const goBack = useCallback(() => change({ type: "return" }), []);
  const setLeads = useCallback(
    (wanted: boolean) => setChosen({ leads: wanted, shownBy }),
    [shownBy],
  );
  const mine = shownBy === "" || shownBy === person;
  return {
    page,
    pages,
    leads,
    presents,
    wandering: place.wandering && page !== shared,
    leader: mine ? null : (roster.byId.get(shownBy)?.name ?? null),
    turnTo,
    goBack,
    setLeads,
  };
}
