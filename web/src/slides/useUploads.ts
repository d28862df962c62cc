/** Brings files into the room as decks, and says how far each is. */
import type { Conference } from "@folkmoot/client";
import { useCallback, useEffect, useReducer, useRef } from "react";
import { useTranslation } from "react-i18next";

import { isSlides, type Sending, sendingsAfter } from "./uploads";

export interface Uploads {
  readonly sendings: readonly Sending[];
  readonly add: (files: Iterable<File>) => void;
  readonly cancel: (id: number) => void;
  readonly again: (id: number) => void;
}

/** Shape: `onDeck` is told the deck of each file that was taken. */
export function useUploads(conference: Conference, onDeck: (deck: string) => void): Uploads {
  const { t } = useTranslation();
  const wrong = t("slides.upload.wrong");
  const [sendings, change] = useReducer(sendingsAfter, []);
  const files = useRef(new Map<number, { file: File; stop: AbortController }>());
  const last = useRef(0);

  const send = useCallback(
    async (id: number, file: File) => {
      const stop = new AbortController();
      files.current.set(id, { file, stop });
      change({ type: "began", id, name: file.name, bytes: file.size });
      try {
        const taken = await conference.files.upload(file, {
          name: file.name,
          purpose: "deck",
          signal: stop.signal,
          onProgress: (done) => change({ type: "progress", id, done }),
        });
        change({ type: "taken", id, file: taken.file });
      } catch (failure) {
        change({ type: "failed", id, failure });
      }
    },
    [conference],
  );
  const add = useCallback(
    (added: Iterable<File>) => {
      for (const file of added) {
        const id = (last.current += 1);
        if (isSlides(file.name)) void send(id, file);
        else {
          change({ type: "began", id, name: file.name, bytes: file.size });
          change({ type: "failed", id, failure: { message: wrong } });
        }
      }
    },
    [send, wrong],
  );
  const cancel = useCallback((id: number) => {
    files.current.get(id)?.stop.abort();
    files.current.delete(id);
    change({ type: "gone", id });
  }, []);
  const again = useCallback(
    (id: number) => {
      const known = files.current.get(id);
      if (known !== undefined) void send(id, known.file);
    },
    [send],
  );

  useEffect(
    () =>
      conference.slides.onRefused(({ file, reason }) => change({ type: "refused", file, reason })),
    [conference],
  );
  // The deck comes by the log, before or after the upload's own answer.
  useEffect(() => {
    const look = () => {
      const decks = new Set(conference.slides.list.getSnapshot().map((deck) => deck.id));
      for (const { id, file, phase } of sendings) {
        if (phase !== "taken" || !decks.has(file)) continue;
        files.current.delete(id);
        change({ type: "gone", id });
        onDeck(file);
      }
    };
    look();
    return conference.slides.list.subscribe(look);
  }, [conference, sendings, onDeck]);
  useEffect(() => {
    const { current } = files;
    return () => {
      for (const { stop } of current.values()) stop.abort();
    };
  }, []);
  return { sendings, add, cancel, again };
}
