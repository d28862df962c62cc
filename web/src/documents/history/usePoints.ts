/** Reads points of a document's history: the newest ones first, earlier ones when asked for. */
import type { Authors, Conference, Edit, Stretch } from "@folkmoot/client";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../../session/hooks";
import { refusalOf, sentenceOf } from "../../session/sentence";
import { groupsOf, pointsOf, type Group, type Point } from "./points";

/** A stretch that was read. */
export interface Part {
  stretch: Stretch;
  edits: readonly Edit[];
}

export interface PointsRead {
  /** Read so far, oldest first. */
  parts: readonly Part[];
  points: readonly Point[];
  groups: readonly Group[];
  authors: Authors;
  /** Whether there is more before them. */
  more: boolean;
}

interface Listed {
  stretches: readonly Stretch[];
  authors: Authors;
  parts: readonly Part[];
}

export interface PointsState {
  /** Null until something is known. */
  read: PointsRead | null;
  busy: boolean;
  error: string | null;
  earlier: () => void;
  again: () => void;
}

/** Edits are compacted while they are read: then they are somewhere else a moment later. */
const TRIES_MAX = 4;
/** Shown at once: a stretch may have few. */
const POINTS_MIN = 40;

type Library = Conference["library"];

async function before(library: Library, document: string, listed: Listed): Promise<Listed> {
  const at = listed.stretches.length - listed.parts.length - 1;
  const stretch = listed.stretches[at];
  if (stretch === undefined) return listed;
  const edits = await library.edits(document, stretch);
  return { ...listed, parts: [{ stretch, edits }, ...listed.parts] };
}

/** All through `since`, or as many as fill a screen. */
async function listed(library: Library, document: string, since: number): Promise<Listed> {
  const [stretches, authors] = await Promise.all([
    library.stretches(document),
    library.authors(document),
  ]);
  let now: Listed = { stretches, authors, parts: [] };
  const enough = () =>
    now.parts.length === stretches.length ||
    (since > 0
      ? (now.parts[0]?.stretch.since ?? Infinity) <= since
      : now.parts.reduce((sum, { edits }) => sum + edits.length, 0) >= POINTS_MIN);
  // oxlint-disable-next-line no-await-in-loop -- each says whether another one is wanted
  while (!enough()) now = await before(library, document, now);
  return now;
}

/** One stretch more. Those that were known may have grown into others meanwhile. */
async function earlierThan(library: Library, document: string, known: Listed): Promise<Listed> {
  try {
    return await before(library, document, known);
  } catch {
    const next = known.stretches[known.stretches.length - known.parts.length - 1];
    return await listed(library, document, next?.since ?? 0);
  }
}

async function stubbornly<T>(work: () => Promise<T>): Promise<T> {
  for (let left = TRIES_MAX; left > 1; left -= 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the next try is for when this one failed
      return await work();
    } catch {
      continue;
    }
  }
  return await work();
}

export function usePoints(conference: Pick<Conference, "library">, document: string): PointsState {
  const { library } = conference;
  const { i18n } = useTranslation();
  const count = useObservable(library.historyChanges).get(document)?.count ?? 0;
  const [turn, setTurn] = useState(0);
  const [now, setNow] = useState<Listed | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const since = useRef(0);
  const latest = useRef(0);
  const run = useCallback(
    (work: () => Promise<Listed>) => {
      latest.current += 1;
      const mine = latest.current;
      setBusy(true);
      setError(null);
      stubbornly(work)
        .then((told) => {
          if (mine !== latest.current) return;
          since.current = told.parts[0]?.stretch.since ?? 0;
          setNow(told);
        })
        .catch((thrown: unknown) => {
          if (mine === latest.current) setError(sentenceOf(i18n, refusalOf(thrown)));
        })
        .finally(() => {
          if (mine === latest.current) setBusy(false);
        });
    },
    [i18n],
  );
  const wanted = `${document} ${count} ${turn}`;
  useEffect(() => {
    run(() => listed(library, wanted.split(" ")[0] ?? "", since.current));
    return () => {
      latest.current += 1;
    };
  }, [library, wanted, run]);
  const read = useMemo<PointsRead | null>(() => {
    if (now === null) return null;
    const { parts, authors, stretches } = now;
    const points = pointsOf(parts.flatMap(({ edits }) => edits));
    const more = parts.length < stretches.length;
    return { parts, points, authors, groups: groupsOf(points, authors), more };
  }, [now]);
  const earlier = () => {
    if (now !== null) run(() => earlierThan(library, document, now));
  };
  return { read, busy, error, earlier, again: () => setTurn((last) => last + 1) };
}
