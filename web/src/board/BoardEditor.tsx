/** A board: its bar, and the page that is open. */
import type { Roster } from "@folkmoot/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { EditorProps } from "../documents/DocumentView";
import { usePart } from "../session/hooks";
import { useAnnounce } from "../ui/announce";
import { useColourOf } from "../ui/colours";
import type { Refusal } from "./binding/binding";
import { viewOf, type Scroll } from "./binding/follow";
import { FIRST_PAGE } from "./binding/pages";
import { BoardBar } from "./BoardBar";
import { BoardCanvas, type CanvasHandle, type Pointer } from "./BoardCanvas";
import { BoardNotices } from "./BoardNotices";
import { usePlace } from "./context";
import { type BoardPerson, collaboratorsOf } from "./people";
import { useBoardActs } from "./useBoardActs";
import { useFollow } from "./useFollow";
import { usePageList, usePages } from "./usePages";
import { useOthers, usePresence } from "./usePresence";

/** Sessions besides the own one that are attached, and so are sent what is drawn here. */
function othersAttached({ persons }: Roster): number {
  const here = persons.filter(({ present }) => present);
  return Math.max(0, here.reduce((sum, { devices }) => sum + Math.max(1, devices), 0) - 1);
}

export default function BoardEditor({ ydoc, awareness, editable }: EditorProps) {
  const { conference, active, shownBy, handle: pictured, wanted, open: setPage, kept, pasts } =
    usePlace();
  const person = usePart(conference.status, (status) => status.person);
  const receivers = usePart(conference.roster, othersAttached);
  const { t } = useTranslation();
  const announce = useAnnounce();
  const colourOf = useColourOf();
  const list = usePageList(ydoc);
  const pages = usePages(ydoc);
  // Somebody may remove the page that is open here.
  const page = (list.pages.find(({ id }) => id === wanted) ?? list.pages[0])?.id ?? FIRST_PAGE;
  const handle = useRef<CanvasHandle>(undefined);
  const people = useRef<readonly BoardPerson[]>([]);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const tell = usePresence(awareness, person ?? "", active);

  useEffect(() => {
    if (editable) pages.purge(conference.talk.logMs());
  }, [pages, editable, conference]);

  useEffect(() => {
    if (handle.current !== undefined) handle.current.binding.others = receivers;
  }, [receivers]);

  const draw = useCallback(
    (others: readonly BoardPerson[]) => {
      people.current = others;
      const collaborators = collaboratorsOf(others, page, colourOf);
      handle.current?.api.updateScene({ collaborators });
    },
    [page, colourOf],
  );
  const onPeople = useRef<(others: readonly BoardPerson[]) => void>(draw);
  const others = useOthers(
    awareness,
    useCallback((all: readonly BoardPerson[]) => onPeople.current(all), []),
  );
  const follow = useFollow({ others, shownBy, page, openPage: setPage });
  onPeople.current = (all) => {
    draw(all);
    follow.moved(all);
  };

  const acts = useBoardActs({ ydoc, pages, list, page, open: setPage, handle });

  const tellView = (scroll: Scroll) => {
    const { width = 0, height = 0 } = handle.current?.api.getAppState() ?? {};
    if (width > 0 && height > 0) tell({ view: viewOf(page, scroll, { width, height }) });
  };
  const onReady = (next: CanvasHandle | null) => {
    handle.current = next ?? undefined;
    follow.ready(next);
    if (next === null) return;
    next.binding.others = receivers;
    const { scrollX, scrollY, zoom } = next.api.getAppState();
    tell({ pointer: undefined, selected: [] });
    tellView({ scrollX, scrollY, zoom: zoom.value });
    draw(people.current);
  };
  const onScroll = (scroll: Scroll) => {
    follow.scrolled(scroll);
    tellView(scroll);
  };
  const onResize = () => {
    follow.resized();
    const state = handle.current?.api.getAppState();
    if (state === undefined) return;
    tellView({ scrollX: state.scrollX, scrollY: state.scrollY, zoom: state.zoom.value });
  };
  const latest = useRef({ onReady, onScroll, onResize });
  latest.current = { onReady, onScroll, onResize };
  const stable = useRef({
    onReady: (next: CanvasHandle | null) => latest.current.onReady(next),
    onScroll: (scroll: Scroll) => latest.current.onScroll(scroll),
    onPointer: (pointer: Pointer, down: boolean) => tell({ pointer, down }),
    onSelect: (selected: readonly string[]) => tell({ selected }),
    onRefused: setRefused,
    onResize: () => latest.current.onResize(),
  }).current;

  // Who opens another page by hand goes their own way.
  const open = (chosen: string) => {
    if (follow.followed !== null) follow.stop();
    setPage(chosen);
  };
  const shown = list.pages.findIndex(({ id }) => id === page);
  const title = acts.titleOf(page);
  const told = useRef(page);
  useEffect(() => {
    if (told.current !== page) {
      announce(t("board.opened", { page: title, n: shown + 1, count: list.pages.length }));
    }
    told.current = page;
  }, [page, title, shown, list.pages.length, announce, t]);

  return (
    <div className="fm-board">
      <BoardBar ydoc={ydoc} list={list} page={page} editable={editable} acts={acts} others={others}
        onOpen={open} followed={follow.followed} onFollow={follow.follow} onStop={follow.stop} />
      <BoardNotices acts={acts} pictures={pictured.state} refused={refused}
        onClose={() => setRefused(null)} />
      <BoardCanvas key={page} ydoc={ydoc} page={page} editable={editable} kept={kept}
        pasts={pasts} {...stable} />
    </div>
  );
}
