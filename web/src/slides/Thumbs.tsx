/** All pages small, as many as are in sight; a press turns. */
import type { Deck } from "@folkmoot/client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { PageImages } from "./images";
import { usePicture } from "./usePicture";

interface ThumbsProps {
  deck: Deck;
  page: number;
  /** Everyone's page. */
  shared: number;
  images: PageImages | null;
  /** In a row, as on a phone, not in a column. */
  across: boolean;
  onTurn: (page: number) => void;
}

const WIDE_PX = 132;
const ROW_HIGH_PX = 70;
const AROUND_PX = 34;

interface ThumbProps {
  images: PageImages | null;
  page: number;
  ready: boolean;
}

function Thumb({ images, page, ready }: ThumbProps) {
  const { url } = usePicture(ready ? images : null, page, "small");
  return url === null ? null : <img src={url} alt="" draggable={false} />;
}

export function Thumbs({ deck, page, shared, images, across, onTurn }: ThumbsProps) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const sizeOf = (at: number) => {
    const { width, height } = deck.pages[at] ?? { width: 16, height: 9 };
    return across
      ? { width: Math.round((ROW_HIGH_PX * width) / height), height: ROW_HIGH_PX }
      : { width: WIDE_PX, height: Math.round((WIDE_PX * height) / width) };
  };
  const virtual = useVirtualizer({
    count: deck.pages.length,
    horizontal: across,
    isRtl: document.dir === "rtl",
    getScrollElement: () => scroller.current,
    estimateSize: (at) => (across ? sizeOf(at).width + 12 : sizeOf(at).height + AROUND_PX),
    overscan: 3,
  });
  useEffect(() => {
    virtual.measure();
  }, [virtual, across, deck.pages]);
  useEffect(() => {
    virtual.scrollToIndex(page - 1, { align: "auto" });
  }, [virtual, page]);
  const whole = virtual.getTotalSize();
  return (
    <nav className="fm-thumbs" data-across={across || undefined} ref={scroller}
      aria-label={t("slides.thumbs")}>
      <ol style={across ? { inlineSize: whole } : { blockSize: whole }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <li key={index}
            style={across ? { insetInlineStart: start } : { insetBlockStart: start }}>
            <button type="button" aria-current={index + 1 === page ? "page" : undefined}
              data-shared={index + 1 === shared || undefined}
              aria-label={t("slides.pageOf", { page: index + 1, pages: deck.pages.length })}
              tabIndex={index + 1 === page ? 0 : -1}
              onClick={() => onTurn(index + 1)}>
              <span className="fm-thumb" style={sizeOf(index)}>
                <Thumb images={images} page={index + 1} ready={index < deck.ready} />
              </span>
              <span className="fm-thumb-number">{index + 1}</span>
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
