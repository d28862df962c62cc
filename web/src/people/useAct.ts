/** Does something about people or doors, and says when the log refused it. */
import type { Conference, Submitted } from "@folkmoot/client";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";

import { sentenceOf } from "../session/sentence";

export function useAct(conference: Pick<Conference, "dismiss">) {
  const { t, i18n } = useTranslation();
  const [problem, setProblem] = useState<string>();
  const act = useCallback(
    async (submitted: Submitted): Promise<boolean> => {
      setProblem(undefined);
      const outcome = await submitted.outcome;
      if (outcome.state === "saved") return true;
      conference.dismiss(submitted.id);
      setProblem(t("roles.failed", { reason: sentenceOf(i18n, outcome) }));
      return false;
    },
    [conference, t, i18n],
  );
  return { act, problem, clear: () => setProblem(undefined) };
}
