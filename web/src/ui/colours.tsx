/** Whose colour is which, for everything that shows people of a room. */
import type { Conference, Roster } from "@folkmoot/client";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

import { colourOf } from "../lib/colour";
import { useObservable } from "../session/hooks";

export type ColourOf = (person: string) => string;

const Colours = createContext<ColourOf>((person) => colourOf(person));

export function useColourOf(): ColourOf {
  return useContext(Colours);
}

type Known = ReadonlyMap<string, number>;

/** Pure: the colours that were told so far; the same map when nothing is new. */
export function withColours(known: Known, { persons }: Pick<Roster, "persons">): Known {
  const told = persons.flatMap(({ id, colour }): [string, number][] =>
    colour === null || known.get(id) === colour ? [] : [[id, colour]],
  );
  return told.length === 0 ? known : new Map([...known, ...told]);
}

/** Shape: who has left keeps their colour in what they wrote, as long as the page is open. */
export function PeopleColours(props: { conference: Conference; children: ReactNode }) {
  const roster = useObservable(props.conference.roster);
  const [before, setBefore] = useState<Known>(() => new Map());
  const known = withColours(before, roster);
  if (known !== before) setBefore(known);
  const shown = useCallback((person: string) => colourOf(person, known.get(person)), [known]);
  return <Colours value={shown}>{props.children}</Colours>;
}
