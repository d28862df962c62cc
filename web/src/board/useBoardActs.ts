/** What a person can do with a board besides drawing: its pages, copies of it, pictures. */
import type { ExcalidrawElement } from "@excalidraw/excalidraw/element/types";
import { type RefObject, useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import { type Page, type PageList, type Pages, PAGES_MAX } from "./binding/pages";
import type { CanvasHandle } from "./BoardCanvas";
import { usePlace } from "./context";
import { copyOf, type CopyFormat, fileName, fromFile, save } from "./copies";
import { newPageId } from "./usePages";

export interface BoardActs {
  titleOf(id: string): string;
  add(): void;
  rename(id: string, name: string): void;
  duplicate(id: string): void;
  move(id: string, to: number): void;
  remove(id: string): void;
  restore(id: string): void;
  copy(format: CopyFormat): void;
  bring(file: File): void;
  full: boolean;
  /** A page that was removed here just now. */
  removed: { id: string; title: string } | null;
  forgetRemoved(): void;
  /** A copy that is being made. */
  making: CopyFormat | null;
  /** What did not work: a key below `board.trouble`. */
  trouble: "copy" | "bring" | null;
  forgetTrouble(): void;
}

interface ActsOptions {
  ydoc: Y.Doc;
  pages: Pages;
  list: PageList;
  page: string;
  open: (page: string) => void;
  handle: RefObject<CanvasHandle | undefined>;
}

/** How long a page that was removed can be brought back by one press. */
const REMOVED_SHOWN_MS = 20_000;

export function useBoardActs({ ydoc, pages, list, page, open, handle }: ActsOptions): BoardActs {
  const { t } = useTranslation();
  const { conference, handle: { pictures }, title } = usePlace();
  const [removed, setRemoved] = useState<{ id: string; title: string } | null>(null);
  const [making, setMaking] = useState<CopyFormat | null>(null);
  const [trouble, setTrouble] = useState<BoardActs["trouble"]>(null);
  useEffect(() => {
    if (removed === null) return undefined;
    const timer = setTimeout(() => setRemoved(null), REMOVED_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [removed]);

  const titleOf = useCallback(
    (id: string) => {
      const at = list.pages.findIndex((one) => one.id === id);
      const known: Page | undefined = list.pages[at] ?? list.removed.find((one) => one.id === id);
      if (known !== undefined && known.name !== "") return known.name;
      return at < 0 ? t("board.page.unnamed") : t("board.page.numbered", { n: at + 1 });
    },
    [list, t],
  );

  const copy = async (format: CopyFormat) => {
    setTrouble(null);
    setMaking(format);
    try {
      handle.current?.binding.flush();
      const board = { ydoc, page, pages: list.pages.map(({ id }) => id), title };
      const blob = await copyOf(format, board, pictures);
      const one = format === "pdf" || list.pages.length === 1;
      save(blob, fileName(one ? title : `${title} - ${titleOf(page)}`, format));
    } catch {
      setTrouble("copy");
    }
    setMaking(null);
  };

  const bring = async (file: File) => {
    setTrouble(null);
    const api = handle.current?.api;
    if (api === undefined) return;
    try {
      const { elements, files } = await fromFile(file);
      const known = new Set(api.getSceneElementsIncludingDeleted().map(({ id }) => id));
      const fresh = elements.filter(({ id }) => !known.has(id));
      api.addFiles(Object.values(files));
      const all: ExcalidrawElement[] = [...api.getSceneElementsIncludingDeleted(), ...fresh];
      api.updateScene({ elements: all, captureUpdate: "IMMEDIATELY" });
      api.scrollToContent(fresh, { fitToContent: true });
      pictures.take(fresh, files);
    } catch {
      setTrouble("bring");
    }
  };

  const full = useMemo(() => list.pages.length + list.removed.length 
      >= PAGES_MAX, [list]);
  return {
    titleOf,
    full,
    removed,
    making,
    trouble,
    add: () => {
      const id = newPageId();
      pages.add(id, page);
      open(id);
    },
    rename: (id, name) => pages.rename(id, name),
    duplicate: (id) => {
      handle.current?.binding.flush();
      const copied = newPageId();
      pages.duplicate(id, copied, t("board.page.copyOf", { page: titleOf(id) }));
      open(copied);
    },
    move: (id, to) => pages.move(id, to),
    remove: (id) => {
      const at = list.pages.findIndex((one) => one.id === id);
      const name = titleOf(id);
      handle.current?.binding.flush();
      if (!pages.remove(id, conference.talk.logMs())) return;
      setRemoved({ id, title: name });
      const next = list.pages[at + 1] ?? list.pages[at - 1];
      if (id === page && next !== undefined) open(next.id);
    },
    restore: (id) => {
      pages.restore(id);
      setRemoved(null);
      open(id);
    },
    copy: (format) => void copy(format),
    bring: (file) => void bring(file),
    forgetRemoved: () => setRemoved(null),
    forgetTrouble: () => setTrouble(null),
  };
}
