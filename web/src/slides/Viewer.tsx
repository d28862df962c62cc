/** A deck whose pages can be seen: the page, turning, marks, thumbnails, search and notes. */
import {
  type Conference,
  type Deck,
  isOpen,
  type MarkPoint,
  type SlideMark,
} from "@folkmoot/client";
import { Switch } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconLayoutSidebar, IconNotes } from "@tabler/icons-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useClosed } from "../people/closed";
import { useObservable } from "../session/hooks";
import { ConfirmDialog } from "../talk/ConfirmDialog";
import { Refusal } from "../talk/Refusal";
import { useAnnounce } from "../ui/announce";
import { Toolbar, ToolButton } from "../ui/Toolbar";
import { useStep } from "./Converting";
import { DownloadMenu } from "./DownloadMenu";
import { FollowChip } from "./FollowChip";
import { NotesPane } from "./NotesPane";
import { Pager } from "./Pager";
import { PageView } from "./PageView";
import { Search } from "./Search";
import { Thumbs } from "./Thumbs";
import { colourOf, type Kit, Tools } from "./Tools";
import { draws } from "./tools";
import { nearby } from "./turning";
import { useFull } from "./useFull";
import { useMarking, useRefusals } from "./useMarking";
import { usePageImages } from "./usePicture";
import { usePointing } from "./usePointers";
import { useTexts } from "./useTexts";
import { useTurning } from "./useTurning";
import { useViewerKeys } from "./useViewerKeys";
import { zoomAfter } from "./zoom";

interface ViewerProps {
  conference: Conference;
  deck: Deck;
  live: boolean;
  active: boolean;
}

const PHONE = "(max-width: 47.99em)";
/** Beside thumbnails a slide would be too small here; who wants them opens them. */
const NARROW = "(max-width: 61.99em)";
/** Where a text begins that is written without a mouse. */
const MIDDLE: MarkPoint = { x: 0.3, y: 0.45 };
const FIRST_KIT: Kit = { tool: "hand", colour: "red", marker: "yellow", weight: "medium" };

/** What this person may draw, and whose marks they may take away. */
function useRights(conference: Conference, presents: boolean, live: boolean) {
  const { locks, persons } = useObservable(conference.roster);
  const self = persons.find((person) => person.self);
  const draw = live && self !== undefined && isOpen(locks, "annotate", self.role);
  const erasable = useCallback(
    (mark: SlideMark) => presents || mark.person === self?.id,
    [presents, self?.id],
  );
  return { draw, erasable, self: self?.id ?? "" };
}

export function Viewer({ conference, deck, live, active }: ViewerProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const phone = useMediaQuery(PHONE, undefined, { getInitialValueInEffect: false }) ?? false;
  const narrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false }) ?? false;
  const root = useRef<HTMLDivElement>(null);
  const [kit, setKit] = useState(FIRST_KIT);
  const [zoom, setZoom] = useState(1);
  const [side, setSide] = useState(!narrow);
  const [notes, setNotes] = useState(false);
  const [clearing, setClearing] = useState(false);
  const [writing, setWriting] = useState<{ at: MarkPoint; page: number } | null>(null);
  const [full, toggleFull, leaveFull] = useFull(active);

  const closed = useClosed(useObservable(conference.roster));
  const turning = useTurning(conference, deck);
  const { page, pages, turnTo, presents } = turning;
  const { draw, erasable, self } = useRights(conference, presents, live);
  const { error, run } = useRefusals(conference);
  const marking = useMarking(conference, deck, page, self, run);
  const point = usePointing(conference, deck.id, page);
  const images = usePageImages(conference, deck.id);
  const texts = useTexts(conference, deck);
  const step = useStep(deck);

  const tool = draw ? kit.tool : "hand";
  const pen = useMemo(() => {
    const { weight } = kit;
    return draws(tool) ? { tool, colour: colourOf(kit), weight } : null;
  }, [kit, tool]);
  useEffect(() => {
    for (const near of nearby(page, deck.ready)) images?.preload(near, "large");
  }, [images, page, deck.ready]);
  const told = useRef(page);
  useEffect(() => {
    if (active && told.current !== page) announce(t("slides.pageOf", { page, pages }));
    told.current = page;
  }, [active, page, pages, announce, t]);
  const onZoom = useCallback((by: 1 | -1 | 0) => setZoom((now) => zoomAfter(now, by)), []);
  useViewerKeys({
    root,
    active,
    page,
    pages,
    zoomed: zoom > 1,
    onTurn: turnTo,
    onZoom,
    onTool: draw ? (wanted) => setKit((now) => ({ ...now, tool: wanted })) : undefined,
    onUndo: marking.undo,
    onFull: toggleFull,
    onWrite: tool === "text" ? () => setWriting({ at: MIDDLE, page }) : undefined,
    onEscape: () => {
      if (kit.tool !== "hand") setKit((now) => ({ ...now, tool: "hand" }));
      else if (full) leaveFull();
    },
  });

  return (
    <div className="fm-viewer" ref={root} data-full={full || undefined}>
      <Toolbar label={t("slides.toolbar")} first="side">
        <div className="fm-toolbar-group">
          <ToolButton name="side" Icon={IconLayoutSidebar} label={t("slides.side")} pressed={side}
            onClick={() => setSide(!side)} />
          {presents && (
            <ToolButton name="notes" Icon={IconNotes} label={t("slides.notesButton")}
              pressed={notes} onClick={() => setNotes(!notes)} />
          )}
        </div>
        {draw && (
          <Tools kit={kit} own={marking.mine.length} all={marking.marks.length} staff={presents}
            disabled={!live} onKit={setKit} onUndo={marking.undo}
            onClearOwn={() => marking.clear(true)} onClearAll={() => setClearing(true)} />
        )}
        <div className="fm-toolbar-group">
          <DownloadMenu conference={conference} deck={deck} closed={closed("export")} />
        </div>
      </Toolbar>
      {deck.phase !== "ready" && <output className="fm-viewer-note">{step}</output>}
      <Refusal error={error} />
      <div className="fm-viewer-middle">
        {side && (
          <div className="fm-viewer-side">
            {!phone && <Search texts={texts} onTurn={turnTo} />}
            <Thumbs deck={deck} page={page} shared={deck.page} images={images} across={phone}
              onTurn={turnTo} />
          </div>
        )}
        <div className="fm-viewer-page">
          <FollowChip turning={turning} shared={deck.page} />
          <PageView conference={conference} deck={deck} page={page} images={images}
            words={texts.all[page - 1] ?? null} zoom={zoom} tool={tool} pen={pen} marking={marking}
            erasable={erasable} onPoint={point}
            writing={writing?.page === page && tool === "text" ? writing.at : null}
            onWriting={(at) => setWriting(at && { at, page })} onTurn={(by) => turnTo(page + by)} />
          {presents && notes && (
            <NotesPane conference={conference} deck={deck} page={page} disabled={!live} run={run} />
          )}
        </div>
      </div>
      <Pager page={page} pages={pages} zoom={zoom} full={full} onTurn={turnTo} onZoom={onZoom}
        onFull={toggleFull}>
        {presents && (
          <Switch size="xs" checked={turning.leads} label={t("slides.leads")}
            onChange={(event) => turning.setLeads(event.currentTarget.checked)} />
        )}
      </Pager>
      <ConfirmDialog opened={clearing} title={t("slides.clearAll")}
        text={t("slides.clearAllText", { page })}
        onConfirm={() => {
          setClearing(false);
          marking.clear(false);
        }}
        onClose={() => setClearing(false)} />
    </div>
  );
}
