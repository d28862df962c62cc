/** What breakouts brought back, the newest first; each can be copied. */
import type { BreakoutResult } from "@folkmoot/client";
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { clock } from "../lib/time";
import { useCopy } from "../ui/useCopy";

interface ResultsProps {
  results: readonly BreakoutResult[];
}

export function Results({ results }: ResultsProps) {
  const { t, i18n } = useTranslation();
  if (results.length === 0) return null;
  return (
    <section aria-labelledby="fm-breakout-results">
      <h3 id="fm-breakout-results">{t("breakouts.results")}</h3>
      {results.toReversed().map((result) => (
        <details key={`${result.endedMs}/${result.name}`} className="fm-breakout-result">
          <summary>
            <bdi>{result.name}</bdi>
            <span className="fm-talk-note">{clock(result.endedMs, i18n.language)}</span>
          </summary>
          <pre><bdi>{result.text}</bdi></pre>
          {result.shortened && <p className="fm-talk-note">{t("breakouts.shortened")}</p>}
          <Copy text={result.text} />
        </details>
      ))}
    </section>
  );
}

function Copy({ text }: { text: string }) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  return (
    <Button variant="default" size="compact-sm" onClick={() => void copy(text)}>
      {t(copied ? "breakouts.copied" : "breakouts.copy")}
    </Button>
  );
}
