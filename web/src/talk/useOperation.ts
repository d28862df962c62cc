/** Runs an operation from a button: busy meanwhile, the sentence of a refusal afterwards. */
import type { Conference, Submitted } from "@folkmoot/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { sentenceOf } from "../session/sentence";

export function useOperation(conference: Pick<Conference, "dismiss">) {
  const { i18n } = useTranslation();
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const mounted = useRef(true);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);
  /** Whether it was saved. */
  const run = useCallback(
    async (submitted: Submitted): Promise<boolean> => {
      setError(undefined);
      setBusy(true);
      const outcome = await submitted.outcome;
      if (outcome.state !== "saved") conference.dismiss(submitted.id);
      if (mounted.current) {
        setBusy(false);
        if (outcome.state !== "saved") setError(sentenceOf(i18n, outcome));
      }
      return outcome.state === "saved";
    },
    [conference, i18n],
  );
  return { busy, error, run };
}
