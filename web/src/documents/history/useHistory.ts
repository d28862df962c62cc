/** A document's versions, read anew whenever the log says that they changed. */
import type { Conference, DocumentHistory } from "@folkmoot/client";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../../session/hooks";
import { refusalOf, sentenceOf } from "../../session/sentence";

export type Library = Pick<Conference, "library">;

export interface HistoryState {
  history: DocumentHistory | null;
  error: string | null;
  /** Why the last restoring came to nothing. */
  failed: string;
  /** Why the last version that was asked for could not be made. */
  unkept: string;
  again: () => void;
}

export function useHistory(conference: Library, document: string): HistoryState {
  const { i18n } = useTranslation();
  const change = useObservable(conference.library.historyChanges).get(document);
  const count = change?.count ?? 0;
  const [turn, setTurn] = useState(0);
  const [history, setHistory] = useState<DocumentHistory | null>(null);
  const [error, setError] = useState<string | null>(null);
  const wanted = `${document} ${count} ${turn}`;
  useEffect(() => {
    let over = false;
    conference.library.history(wanted.split(" ")[0] ?? "").then(
      (told) => {
        if (over) return;
        setHistory(told);
        setError(null);
      },
      (thrown: unknown) => {
        if (!over) setError(sentenceOf(i18n, refusalOf(thrown)));
      },
    );
    return () => {
      over = true;
    };
  }, [conference, wanted, i18n]);
  const again = () => {
    setError(null);
    setTurn((before) => before + 1);
  };
  return { history, error, failed: change?.failed ?? "", unkept: change?.unkept ?? "", again };
}
