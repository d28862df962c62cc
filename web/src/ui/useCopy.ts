/** Copies a text and tells for two seconds that it did. */
import { useCallback, useEffect, useRef, useState } from "react";

import { copyText } from "../lib/clipboard";

const SHOWN_MS = 2_000;

export function useCopy(): { copied: boolean; copy: (text: string) => Promise<boolean> } {
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = useCallback(async (text: string) => {
    const done = await copyText(text);
    setCopied(done);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), SHOWN_MS);
    return done;
  }, []);
  return { copied, copy };
}
