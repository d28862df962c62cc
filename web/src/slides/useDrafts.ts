/** Marks while they are drawn: others' over a page, and telling others of one's own. */
import {
  type Conference,
  DRAFT_FADES_MS,
  draftsAfter,
  draftsAt,
  MARK_POINTS_MAX,
  type MarkPoint,
  NO_DRAFTS,
  type SlideDrafts,
  type SlideMark,
} from "@folkmoot/client";
import { useEffect, useMemo, useState } from "react";

import { DraftTelling, type DraftTurns } from "./drafts";
import { simplified } from "./geometry";
import { COLOURS, isStroke, widthOf } from "./tools";
import type { Pen } from "./useMarking";

/** What others are drawing on a page, without what is a mark by now. */
export function useDrafts(
  conference: Pick<Conference, "onLive">,
  deck: string,
  page: number,
  marks: readonly SlideMark[],
): SlideDrafts {
  const [drafts, setDrafts] = useState(NO_DRAFTS);
  useEffect(
    () =>
      conference.onLive((said) =>
        setDrafts((before) => draftsAfter(before, said, performance.now())),
      ),
    [conference],
  );
  useEffect(() => {
    if (drafts.length === 0) return undefined;
    const look = () => setDrafts((before) => draftsAt(before, performance.now(), marks));
    look();
    const timer = setTimeout(look, DRAFT_FADES_MS);
    return () => clearTimeout(timer);
  }, [drafts, marks]);
  return drafts.filter((draft) => draft.deck === deck && draft.mark.page === page);
}

export interface Drafting {
  drawing: (id: string, pen: Pen, points: readonly MarkPoint[]) => void;
  done: () => void;
  drop: () => void;
}

const turns: DraftTurns = {
  nowMs: () => performance.now(),
  later(delay_ms, what) {
    const timer = setTimeout(what, delay_ms);
    return () => clearTimeout(timer);
  },
};

/** The points that are sent of what a hand drew; none when it is nothing. */
export function sentPoints(pen: Pen, points: readonly MarkPoint[], ratio: number) {
  const [from, to] = [points[0], points.at(-1)];
  if (from === undefined || to === undefined) return [];
  if (isStroke(pen.tool)) return simplified(points, ratio, MARK_POINTS_MAX);
  return from.x !== to.x || from.y !== to.y ? [from, to] : [];
}

/** Tells what one draws. Shape: `points` may grow until they are sent. */
export function useDrafting(
  conference: Pick<Conference, "slides">,
  deck: string,
  page: number,
  ratio: number,
): Drafting {
  const drafting = useMemo(() => {
    const telling = new DraftTelling((mark) => void conference.slides.draft(deck, mark), turns);
    return {
      drawing: (id: string, pen: Pen, points: readonly MarkPoint[]) =>
        telling.tell(() => ({
          id,
          page,
          tool: pen.tool,
          points: sentPoints(pen, points, ratio),
          colour: COLOURS[pen.colour],
          width: widthOf(pen.tool, pen.weight),
        })),
      done: () => telling.done(),
      drop: () => telling.drop(),
    };
  }, [conference, deck, page, ratio]);
  useEffect(() => () => drafting.drop(), [drafting]);
  return drafting;
}
