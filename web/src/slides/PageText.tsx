/** The words of a page: read out in order, and lying over the picture to be selected. */
import type { PageWords } from "@folkmoot/client";
import { memo } from "react";

import { FULL } from "./geometry";

interface PageTextProps {
  words: PageWords | null;
  ratio: number;
}

/** Where the letters of a line stand, in parts of its height. */
const BASELINE = 0.8;

export const PageText = memo(function PageText({ words, ratio }: PageTextProps) {
  if (words === null || words.text === "") return null;
  return (
    <>
      <div className="fm-hidden" dir="auto">{words.text}</div>
      <svg className="fm-slide-words" viewBox={`0 0 ${FULL} ${FULL * ratio}`} aria-hidden="true"
        preserveAspectRatio="none">
        {words.lines.map(({ x, y, width, height, text }, at) => (
          // Lines of one page never change.
          // oxlint-disable-next-line react/no-array-index-key
          <text key={at} x={x * FULL} y={(y + height * BASELINE) * FULL * ratio}
            fontSize={height * FULL * ratio} textLength={Math.max(1, width * FULL)}
            lengthAdjust="spacingAndGlyphs">
            {text}
          </text>
        ))}
      </svg>
    </>
  );
});
