/** The pages of a board, and which of them is open here. */
import { useCallback, useEffect, useMemo, useState } from "react";
import type * as Y from "yjs";

import { FIRST_PAGE, listPages, type PageList, Pages, pagesOf } from "./binding/pages";

export function newPageId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function usePageList(ydoc: Y.Doc): PageList {
  const map = useMemo(() => pagesOf(ydoc), [ydoc]);
  const [list, setList] = useState(() => listPages(map));
  useEffect(() => {
    const changed = () => setList(listPages(map));
    changed();
    map.observe(changed);
    return () => map.unobserve(changed);
  }, [map]);
  return list;
}

/** Pages opened before, by document: a board that is built anew stays where it was. */
const opened = new Map<string, string>();
const OPENED_MAX = 50;

/** Shape: `key` is the same for the same board. */
export function useOpenPage(key: string, list: PageList): [string, (page: string) => void] {
  const [wanted, setWanted] = useState(() => opened.get(key) ?? FIRST_PAGE);
  const open = useCallback(
    (page: string) => {
      if (!opened.has(key) && opened.size >= OPENED_MAX) opened.clear();
      opened.set(key, page);
      setWanted(page);
    },
    [key],
  );
  // Somebody may remove the page that is open here.
  const page = list.pages.find(({ id }) => id === wanted) ?? list.pages[0];
  return [page?.id ?? FIRST_PAGE, open];
}

export function usePages(ydoc: Y.Doc): Pages {
  return useMemo(() => new Pages(ydoc), [ydoc]);
}
