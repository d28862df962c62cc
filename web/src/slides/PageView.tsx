/** One page: its picture, its text, what is drawn over it, and who points at it. */
import {
  type Conference,
  type Deck,
  isOpen,
  type MarkPoint,
  type PageWords,
  type SlideMark,
} from "@folkmoot/client";
import { useElementSize } from "@mantine/hooks";
import { useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { Loading } from "../ui/Loading";
import { useColourOf } from "../ui/colours";
import { FULL } from "./geometry";
import type { PageImages } from "./images";
import { MarkShape } from "./MarkShapes";
import { MarksSaid } from "./MarksSaid";
import { PageText } from "./PageText";
import { TextEntry } from "./TextEntry";
import { COLOURS, draws, type Tool, widthOf } from "./tools";
import { useDrafting, useDrafts } from "./useDrafts";
import { useDrawing } from "./useDrawing";
import type { Marking, Pen } from "./useMarking";
import { usePicture } from "./usePicture";
import { type Point, usePointers } from "./usePointers";

export interface PageViewProps {
  conference: Conference;
  deck: Deck;
  page: number;
  images: PageImages | null;
  words: PageWords | null;
  zoom: number;
  tool: Tool;
  pen: Pen | null;
  marking: Marking;
  erasable: (mark: SlideMark) => boolean;
  onPoint: Point;
  onTurn: (step: 1 | -1) => void;
  /** Where a text is being written just now. */
  writing: MarkPoint | null;
  onWriting: (at: MarkPoint | null) => void;
}

const NARROWEST_PX = 60;

/** The page as wide and high as there is room, times the zoom. */
function useFit(ratio: number, zoom: number) {
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const fit = Math.max(NARROWEST_PX, Math.min(width, height / ratio));
  const wide = Math.floor(fit * zoom);
  return { ref, width: wide, height: Math.floor(wide * ratio), known: width > 0 };
}

/** Keeps in the middle what was in the middle when the page becomes larger or smaller. */
function useKeptMiddle(width: number, height: number) {
  const scroller = useRef<HTMLElement>(null);
  const before = useRef({ width, height });
  useLayoutEffect(() => {
    const { current: element } = scroller;
    const last = before.current;
    before.current = { width, height };
    if (element === null || last.width === width) return;
    const across = (element.scrollLeft + element.clientWidth / 2) / last.width;
    const down = (element.scrollTop + element.clientHeight / 2) / last.height;
    element.scrollLeft = across * width - element.clientWidth / 2;
    element.scrollTop = down * height - element.clientHeight / 2;
  }, [width, height]);
  return scroller;
}

export function PageView(props: PageViewProps) {
  const { conference, deck, page, images, zoom, tool, pen, marking, erasable, onPoint } = props;
  const { writing, onWriting } = props;
  const { t } = useTranslation();
  const size = deck.pages[page - 1] ?? { width: 16, height: 9 };
  const ratio = size.height / size.width;
  const fit = useFit(ratio, zoom);
  const scroller = useKeptMiddle(fit.width, fit.height);
  const there = page <= deck.ready ? images : null;
  const picture = usePicture(there, page, "large");
  const preview = usePicture(there, page, "small");
  const drafting = useDrafting(conference, deck.id, page, ratio);
  const { draft, erased, handlers } = useDrawing({
    drafting,
    tool,
    pen,
    ratio,
    marks: marking.marks,
    erasable,
    swipes: zoom === 1,
    onMark: marking.put,
    onText: onWriting,
    onErase: marking.erase,
    onPoint,
    onTurn: props.onTurn,
  });
  const url = picture.url ?? preview.url;
  return (
    <div className="fm-slide-room" ref={fit.ref}>
      <section
        className="fm-slide-scroll"
        ref={scroller}
        data-zoomed={zoom > 1 || undefined}
        aria-label={t("slides.pageOf", { page, pages: deck.pages.length })}
        // It scrolls when it is zoomed, and takes the keys that turn pages.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        <div
          className="fm-slide"
          data-tool={tool}
          data-page={page}
          data-sharp={picture.url !== null || undefined}
          data-fitted={fit.known || undefined}
          style={{ inlineSize: fit.width, blockSize: fit.height }}
          {...handlers}
        >
          {url !== null && (
            <img src={url} alt="" draggable={false} />
          )}
          {url === null && (
            <div className="fm-slide-wait">
              <Loading
                text={t(picture.failed ? "slides.pictureFailed" : "slides.pictureComing", { page })}
              />
            </div>
          )}
          <MarksSaid conference={conference} marks={marking.marks} />
          <PageText words={props.words} ratio={ratio} />
          <svg
            className="fm-slide-marks"
            viewBox={`0 0 ${FULL} ${FULL * ratio}`}
            preserveAspectRatio="none"
            aria-hidden="true"
          >
            {marking.marks.map((mark) => (
              <MarkShape key={mark.id} mark={mark} ratio={ratio} pending={mark.pending}
                fading={erased.has(mark.id)} />
            ))}
            <Drafts conference={conference} deck={deck.id} page={page} marks={marking.marks}
              ratio={ratio} />
            {pen !== null && draws(tool) && draft.length > 0 && (
              <MarkShape
                mark={{
                  tool: pen.tool,
                  points: pen.tool === "pen" || pen.tool === "highlighter"
                    ? draft
                    : [draft[0], draft.at(-1)].filter((one) => one !== undefined),
                  colour: COLOURS[pen.colour],
                  width: widthOf(pen.tool, pen.weight),
                  text: "",
                }}
                ratio={ratio}
                pending
              />
            )}
          </svg>
          {writing !== null && pen !== null && (
            <TextEntry
              at={writing}
              pen={pen}
              pageWidth={fit.width}
              onDone={(text) => {
                onWriting(null);
                if (text !== "") marking.put(pen, [writing], undefined, text);
              }}
            />
          )}
          <PointersLayer conference={conference} deck={deck.id} page={page} />
        </div>
      </section>
    </div>
  );
}

interface DraftsProps {
  conference: Conference;
  deck: string;
  page: number;
  marks: readonly SlideMark[];
  ratio: number;
}

/** What others are drawing just now. */
function Drafts({ conference, deck, page, marks, ratio }: DraftsProps) {
  const drafts = useDrafts(conference, deck, page, marks);
  const roster = useObservable(conference.roster);
  return drafts.map(({ number, mark }) => {
    const known = roster.byId.get(mark.person);
    // As for pointers.
    if (known !== undefined && !isOpen(roster.locks, "annotate", known.role)) return null;
    return (
      <g key={number} data-draft={number}>
        <MarkShape mark={mark} ratio={ratio} pending />
      </g>
    );
  });
}

function PointersLayer(props: { conference: Conference; deck: string; page: number }) {
  const { conference, deck, page } = props;
  const pointers = usePointers(conference, deck, page);
  const roster = useObservable(conference.roster);
  const colourOf = useColourOf();
  return (
    <div className="fm-slide-pointers" aria-hidden="true">
      {pointers.map(({ number, person, x, y }) => {
        const known = roster.byId.get(person);
        // The server relays only who may point; who lost that a moment ago is left out here.
        if (known !== undefined && !isOpen(roster.locks, "annotate", known.role)) return null;
        return (
          <span
            key={number}
            className="fm-slide-pointer"
            style={{ left: `${x * 100}%`, top: `${y * 100}%`, "--fm-person": colourOf(person) }}
          >
            <bdi>{known?.name}</bdi>
          </span>
        );
      })}
    </div>
  );
}
