/** Drawing over a page, taking marks away, and what was refused. */
import {
  type Conference,
  type Deck,
  type MarkPoint,
  type Submitted,
} from "@folkmoot/client";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { sentenceOf } from "../session/sentence";
import { COLOURS, type ColourName, type DrawingTool, type Weight, widthOf } from "./tools";

type Drawing = Pick<Conference, "slides" | "dismiss">;

export interface Pen {
  readonly tool: DrawingTool;
  readonly colour: ColourName;
  readonly weight: Weight;
}

export function newMarkId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Says for a while what was refused. */
const SAYS_FOR_MS = 8_000;

export function useRefusals(conference: Pick<Conference, "dismiss">) {
  const { i18n } = useTranslation();
  const [error, setError] = useState<string>();
  useEffect(() => {
    if (error === undefined) return undefined;
    const timer = setTimeout(() => setError(undefined), SAYS_FOR_MS);
    return () => clearTimeout(timer);
  }, [error]);
  const run = useCallback(
    async (submitted: Submitted): Promise<boolean> => {
      const outcome = await submitted.outcome;
      if (outcome.state === "saved") return true;
      conference.dismiss(submitted.id);
      setError(sentenceOf(i18n, outcome));
      return false;
    },
    [conference, i18n],
  );
  return { error, run };
}

export function useMarking(
  conference: Drawing,
  deck: Deck,
  page: number,
  self: string,
  run: (submitted: Submitted) => Promise<boolean>,
) {
  const marks = useMemo(() => deck.marks.filter((mark) => mark.page === page), [deck.marks, page]);
  const mine = useMemo(() => marks.filter(({ person }) => person === self), [marks, self]);
  const put = useCallback(
    (pen: Pen, points: readonly MarkPoint[], id = newMarkId(), text = "") => {
      const { tool, colour, weight } = pen;
      void run(
        conference.slides.mark(deck.id, {
          id,
          page,
          tool,
          points,
          colour: COLOURS[colour],
          width: widthOf(tool, weight),
          text,
        }),
      );
    },
    [conference, deck.id, page, run],
  );
  const erase = useCallback(
    (gone: readonly string[]) => {
      if (gone.length > 0) void run(conference.slides.unmark(deck.id, page, gone));
    },
    [conference, deck.id, page, run],
  );
  const clear = useCallback(
    (own: boolean) => void run(conference.slides.clear(deck.id, page, own)),
    [conference, deck.id, page, run],
  );
  const last = mine.at(-1);
  const undo = useCallback(() => {
    if (last !== undefined) erase([last.id]);
  }, [erase, last]);
  return { marks, mine, put, erase, clear, undo };
}

export type Marking = ReturnType<typeof useMarking>;
