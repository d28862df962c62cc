/** What is on the open page, in words: the canvas itself says nothing to a screen reader. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Entries } from "./binding/entries";
import { type Summary, summaryOf } from "./binding/summary";

/** Told this long after a change: while much is drawn, nobody listens to all of it. */
const CALM_MS = 1_000;

export function BoardWords({ entries }: { entries: Entries }) {
  const { t } = useTranslation();
  const [summary, setSummary] = useState<Summary>(() => summaryOf(entries.all()));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const stop = entries.listen(() => {
      timer ??= setTimeout(() => {
        timer = null;
        setSummary(summaryOf(entries.all()));
      }, CALM_MS);
    });
    setSummary(summaryOf(entries.all()));
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [entries]);
  const { count, pictures, texts } = summary;
  return (
    <section className="fm-hidden" aria-label={t("board.words.label")}>
      <p>
        {count === 0 ? t("board.words.nothing") : t("board.words.elements", { count })}{" "}
        {pictures > 0 && t("board.words.pictures", { count: pictures })}
      </p>
      <ul>
        {texts.map(({ id, text }) => (
          <li key={id} dir="auto">{text}</li>
        ))}
      </ul>
    </section>
  );
}
