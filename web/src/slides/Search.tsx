/** Finds words in the pages of a deck. */
import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { findIn } from "./turning";
import type { Texts } from "./useTexts";

interface SearchProps {
  texts: Texts;
  onTurn: (page: number) => void;
}

const SHOWN_MAX = 100;

export function Search({ texts, onTurn }: SearchProps) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const hits = useMemo(
    () => findIn(texts.all.map(({ text }) => text), words),
    [texts.all, words],
  );
  const state =
    words.trim() === "" ? ""
    : hits.length > 0 ? t("slides.found", { count: hits.length })
    : texts.state === "failed" ? t("slides.textsFailed")
    : texts.state === "coming" ? t("slides.textsComing")
    : t("slides.nothingFound");
  return (
    <div className="fm-slide-search">
      <TextInput
        size="sm"
        leftSection={<IconSearch size={16} stroke={1.8} aria-hidden="true" />}
        aria-label={t("slides.search")}
        placeholder={t("slides.searchHint")}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
      <output className="fm-slide-found">{state}</output>
      {hits.length > 0 && (
        <ul>
          {hits.slice(0, SHOWN_MAX).map(({ page, excerpt }) => (
            <li key={page}>
              <button type="button" onClick={() => onTurn(page)}>
                <strong>{page}</strong> <bdi>{excerpt}</bdi>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
