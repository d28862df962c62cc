/** What the server says of the address people came by: asked once, kept asking until it answers. */
import { IconLockOpen } from "@tabler/icons-react";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

const FIRST_PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 30_000;
const TIMEOUT_MS = 5_000;

const Insecure = createContext(false);

async function askInsecure(): Promise<boolean> {
  const answer = await fetch("/api/v1/site", {
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return ((await answer.json()) as { insecure?: unknown }).insecure === true;
}

export function Site({ children }: { children: ReactNode }) {
  const [insecure, setInsecure] = useState(false);
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (pauseMs: number) => {
      try {
        const told = await askInsecure();
        if (!over) setInsecure(told);
      } catch {
        if (over) return;
        timer = setTimeout(() => void look(Math.min(2 * pauseMs, PAUSE_MS_MAX)), pauseMs);
      }
    };
    void look(FIRST_PAUSE_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, []);
  return <Insecure.Provider value={insecure}>{children}</Insecure.Provider>;
}

/** Tells everybody that others could read along; nothing where the connection is encrypted. */
export function InsecureNotice() {
  const { t } = useTranslation();
  if (!useContext(Insecure)) return null;
  return (
    <p className="fm-insecure" role="note">
      <IconLockOpen size={17} stroke={1.8} aria-hidden="true" />
      <span>
        <strong>{t("site.insecureTitle")}</strong> {t("site.insecureText")}
      </span>
    </p>
  );
}
