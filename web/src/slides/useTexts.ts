/** The words of a deck's pages and where they stand, once it is ready. */
import type { Conference, Deck, PageWords } from "@folkmoot/client";
import { useEffect, useState } from "react";

export interface Texts {
  readonly all: readonly PageWords[];
  readonly state: "" | "coming" | "failed";
}

const AGAIN_MS = 5_000;

export function useTexts({ slides }: Pick<Conference, "slides">, { id, phase }: Deck): Texts {
  const [texts, setTexts] = useState<Texts>({ all: [], state: "coming" });
  const ready = phase === "ready";
  useEffect(() => {
    if (!ready) return undefined;
    let over = false;
    let timer: ReturnType<typeof setTimeout>;
    const load = () => {
      slides.words(id).then(
        (all) => {
          if (!over) setTexts({ all, state: "" });
        },
        () => {
          if (over) return;
          setTexts({ all: [], state: "failed" });
          timer = setTimeout(load, AGAIN_MS);
        },
      );
    };
    load();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [slides, id, ready]);
  return texts;
}
