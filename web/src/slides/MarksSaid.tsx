/** What is drawn over a page, in words: texts as they are, and how much else. */
import type { Conference, SlideMark } from "@folkmoot/client";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";

interface MarksSaidProps {
  conference: Pick<Conference, "roster">;
  marks: readonly SlideMark[];
}

export function MarksSaid({ conference, marks }: MarksSaidProps) {
  const { t } = useTranslation();
  const { byId } = useObservable(conference.roster);
  if (marks.length === 0) return null;
  const texts = marks.filter(({ tool }) => tool === "text");
  const drawn = marks.length - texts.length;
  return (
    <ul className="fm-hidden" aria-label={t("slides.marks")}>
      {drawn > 0 && <li>{t("slides.marksOf", { count: drawn })}</li>}
      {texts.map(({ id, person, text }) => (
        <li key={id}>
          {t("slides.textBy", { name: byId.get(person)?.name ?? t("hands.somebody"), text })}
        </li>
      ))}
    </ul>
  );
}
