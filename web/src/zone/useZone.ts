/** Asks the server once a second, while the page is seen, and keeps the token for this tab. */
import { useCallback, useEffect, useState } from "react";

import { mergeEvents, type Zone, type ZoneEvent } from "./model";

const KEY = "folkmoot.admin";
const EVERY_MS = 1_000;
const TIMEOUT_MS = 5_000;

export type Looked =
  | { kind: "asking" }
  | { kind: "token"; refused?: string }
  | { kind: "zone"; zone: Zone; events: ZoneEvent[]; stale: boolean };

function stored(): string {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

function store(token: string): void {
  try {
    if (token === "") sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // Forbidden storage: the token lives as long as this page.
  }
}

async function ask(token: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch("/api/v1/zone", {
    headers: { Authorization: `Bearer ${token}` },
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return { status: answer.status, body: await answer.json() };
}

export function useZone() {
  const [token, setToken] = useState(stored);
  const [looked, setLooked] = useState<Looked>(
    token === "" ? { kind: "token" } : { kind: "asking" },
  );

  useEffect(() => {
    if (token === "") return;
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      try {
        const { status, body } = document.hidden ? { status: 0, body: null } : await ask(token);
        if (over) return;
        if (status === 401) {
          store("");
          setToken("");
          setLooked({ kind: "token", refused: (body as { code: string }).code });
          return;
        }
        if (status === 200) {
          const zone = body as Zone;
          setLooked((before) => ({
            kind: "zone",
            zone,
            events: mergeEvents(before.kind === "zone" ? before.events : [], zone.events),
            stale: false,
          }));
        } else if (status !== 0) throw new Error(String(status));
      } catch {
        if (over) return;
        setLooked((before) => (before.kind === "zone" ? { ...before, stale: true } : before));
      }
      timer = setTimeout(() => void look(), EVERY_MS);
    };
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [token]);

  const enter = useCallback((wanted: string) => {
    store(wanted);
    setLooked({ kind: "asking" });
    setToken(wanted);
  }, []);
  const leave = useCallback(() => {
    store("");
    setToken("");
    setLooked({ kind: "token" });
  }, []);
  return { looked, enter, leave };
}
