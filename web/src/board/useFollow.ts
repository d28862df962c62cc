/**
 * Looking where somebody else looks. It begins when asked for, or by itself when the board is shown
 * to everybody, and ends as soon as one looks elsewhere.
 */
import { useCallback, useEffect, useRef, useState } from "react";

import { sameScroll, type Scroll, scrollTo, type View } from "./binding/follow";
import type { CanvasHandle } from "./BoardCanvas";
import type { BoardPerson } from "./people";
import type { Other } from "./usePresence";

interface FollowOptions {
  others: readonly Other[];
  /** Who shows the board to everybody; empty for nobody. */
  shownBy: string;
  page: string;
  openPage: (page: string) => void;
}

export function useFollow({ others, shownBy, page, openPage }: FollowOptions) {
  const [followed, setFollowed] = useState<number | null>(null);
  /** The presenter that one looked away from. */
  const [left, setLeft] = useState("");
  const applied = useRef<Scroll>(undefined);
  const view = useRef<View>(undefined);
  const handle = useRef<CanvasHandle>(undefined);

  const stop = useCallback(() => {
    setFollowed(null);
    setLeft(shownBy);
    applied.current = undefined;
  }, [shownBy]);

  // Whoever shows the board is followed until one looks elsewhere, and again when it is shown anew.
  const shower = others.find(({ person }) => person !== "" && person === shownBy);
  const presenter = shower?.number ?? null;
  useEffect(() => {
    if (shownBy === "") setLeft("");
  }, [shownBy]);
  useEffect(() => {
    if (presenter !== null && left !== shownBy) setFollowed(presenter);
  }, [presenter, left, shownBy]);
  const gone = followed !== null && !others.some(({ number }) => number === followed);
  useEffect(() => {
    if (gone) setFollowed(null);
  }, [gone]);

  const apply = useCallback(() => {
    const [api, wanted] = [handle.current?.api, view.current];
    if (api === undefined || wanted === undefined || wanted.page !== page) return;
    const { width, height } = api.getAppState();
    if (width === 0 || height === 0) return;
    const { scrollX, scrollY, zoom } = scrollTo(wanted, { width, height });
    if (applied.current && sameScroll(applied.current, { scrollX, scrollY, zoom })) return;
    applied.current = { scrollX, scrollY, zoom };
    type Zoom = ReturnType<typeof api.getAppState>["zoom"];
    api.updateScene({ appState: { scrollX, scrollY, zoom: { value: zoom } as Zoom } });
  }, [page]);

  /** Somebody moved. */
  const moved = useCallback(
    (people: readonly BoardPerson[]) => {
      if (followed === null) return;
      view.current = people.find(({ number }) => number === followed)?.view;
      if (view.current === undefined) return;
      if (view.current.page !== page) openPage(view.current.page);
      else apply();
    },
    [followed, page, openPage, apply],
  );

  /** This screen scrolled. Shape: true when the person did it. */
  const scrolled = useCallback(
    (scroll: Scroll): boolean => {
      if (applied.current !== undefined && sameScroll(applied.current, scroll)) return false;
      if (followed !== null && applied.current !== undefined) stop();
      return true;
    },
    [followed, stop],
  );

  const ready = useCallback(
    (next: CanvasHandle | null) => {
      handle.current = next ?? undefined;
      applied.current = undefined;
      if (next !== null && followed !== null) apply();
    },
    [followed, apply],
  );

  const follow = useCallback((number: number) => {
    applied.current = undefined;
    setLeft(number === presenter ? "" : shownBy);
    setFollowed(number);
  }, [presenter, shownBy]);

  /** The screen has another shape: the same part of the board lies elsewhere on it. */
  const resized = useCallback(() => {
    if (followed === null) return;
    applied.current = undefined;
    apply();
  }, [followed, apply]);
  return { followed, follow, stop, moved, scrolled, ready, resized };
}
