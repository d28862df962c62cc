/** The people as the panel shows them; who reconnects is away once that takes too long. */
import type { Roster } from "@folkmoot/client";
import { useEffect, useMemo, useState } from "react";

import type { Person } from "../session/model";
import { peopleOf, RECONNECTING_MS } from "../session/view";

export function usePeople(roster: Roster, nowMs: () => number): Person[] {
  const [at, setAt] = useState(nowMs);
  const people = useMemo(() => peopleOf(roster, Math.max(at, nowMs())), [roster, at, nowMs]);
  const reconnecting = people.some((person) => person.presence === "reconnecting");
  useEffect(() => {
    if (!reconnecting) return undefined;
    const timer = setInterval(() => setAt(nowMs()), Math.floor(RECONNECTING_MS / 4));
    return () => clearInterval(timer);
  }, [reconnecting, nowMs]);
  return people;
}
