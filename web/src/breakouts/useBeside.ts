/** Takes part in the breakout that this person has entered, beside the room, until it is over. */
import { type Conference, enterBreakout } from "@folkmoot/client";
import { useEffect, useState } from "react";

import { useObservable } from "../session/hooks";

const AGAIN_MS = 2_000;

/** The breakout's conference; undefined while there is none, or none yet. */
export function useBeside(main: Conference, name: string): Conference | undefined {
  const { inside } = useObservable(main.breakouts.state);
  const { phase } = useObservable(main.status);
  const [beside, setBeside] = useState<Conference>();
  const [turn, setTurn] = useState(0);
  const asked = inside > 0 && phase === "connected";
  const open = asked || (inside > 0 && beside !== undefined);

  useEffect(() => {
    if (!open) return undefined;
    let gone = false;
    let mine: Conference | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    enterBreakout(main, { name }).then(
      (opened) => {
        mine = opened;
        if (gone) opened.close();
        else setBeside(opened);
      },
      // The rooms were closed meanwhile: the log will tell. Or no server answered: later one does.
      () => {
        if (!gone) again = setTimeout(() => setTurn((before) => before + 1), AGAIN_MS);
      },
    );
    return () => {
      gone = true;
      clearTimeout(again);
      // Whoever goes back has left: the others must not see them there any more.
      if (main.breakouts.state.getSnapshot().inside === inside) mine?.close();
      else void mine?.leave();
      setBeside(undefined);
    };
    // The name is what one comes with; a new one is said in the room itself.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [main, inside, open, turn]);

  return inside > 0 ? beside : undefined;
}
