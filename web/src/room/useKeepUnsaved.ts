/** Asks before closing the tab, only where closing it would lose unsent work. */
import { useEffect } from "react";

export function useKeepUnsaved(atRisk: boolean): void {
  useEffect(() => {
    if (!atRisk) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [atRisk]);
}
