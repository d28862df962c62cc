/** One polite live region for the whole room. */
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";

const Announce = createContext<(text: string) => void>(() => undefined);

export function Announcer({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState({ text: "", turn: 0 });
  // The same sentence twice is told twice: every turn is a new element.
  const announce = useCallback(
    (text: string) => setSaid((before) => ({ text, turn: before.turn + 1 })),
    [],
  );
  const region = useMemo(() => <span key={said.turn}>{said.text}</span>, [said]);
  return (
    <Announce value={announce}>
      {children}
      <output className="fm-hidden" aria-live="polite">
        {region}
      </output>
    </Announce>
  );
}

export function useAnnounce(): (text: string) => void {
  return useContext(Announce);
}
