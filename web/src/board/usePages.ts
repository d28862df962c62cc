/** The pages of a board, and which of them is open here. */
import { useEffect, useMemo, useState } from "react";
import type * as Y from "yjs";

import { listPages, type PageList, Pages, pagesOf } from "./binding/pages";

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

export function usePages(ydoc: Y.Doc): Pages {
  return useMemo(() => new Pages(ydoc), [ydoc]);
}
