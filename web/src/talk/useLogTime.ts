/** The conference's time, while something on the page needs it. */
import type { Talk } from "@folkmoot/client";
import { useEffect, useState } from "react";

const EVERY_MS = 250;

export function useLogTime(talk: Pick<Talk, "logMs">, wanted: boolean): number {
  const [now, setNow] = useState(() => talk.logMs());
  useEffect(() => {
    if (!wanted) return undefined;
    setNow(talk.logMs());
    const ticker = setInterval(() => setNow(talk.logMs()), EVERY_MS);
    return () => clearInterval(ticker);
  }, [talk, wanted]);
  return now;
}
