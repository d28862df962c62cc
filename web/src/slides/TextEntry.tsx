/** A text that is being written onto a page. */
import { MARK_TEXT_CHARACTERS_MAX, type MarkPoint } from "@folkmoot/client";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { COLOURS, widthOf } from "./tools";
import type { Pen } from "./useMarking";

interface TextEntryProps {
  at: MarkPoint;
  pen: Pen;
  pageWidth: number;
  /** Called once, with an empty text when nothing is to be written. */
  onDone: (text: string) => void;
}

const SMALLEST_PX = 14;

export function TextEntry({ at, pen, pageWidth, onDone }: TextEntryProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const done = useRef(false);
  useEffect(() => field.current?.focus(), []);
  const finish = (written: string) => {
    if (done.current) return;
    done.current = true;
    onDone(written.trim());
  };
  const fontSize = Math.max(SMALLEST_PX, widthOf("text", pen.weight) * pageWidth);
  const lines = text.split("\n");
  const columns = Math.max(8, ...lines.map((line) => line.length + 1));
  return (
    <textarea
      ref={field}
      className="fm-slide-entry"
      aria-label={t("slides.textLabel")}
      placeholder={t("slides.textHint")}
      maxLength={MARK_TEXT_CHARACTERS_MAX}
      rows={lines.length}
      cols={columns}
      value={text}
      style={{
        left: `${at.x * 100}%`,
        top: `${at.y * 100}%`,
        color: COLOURS[pen.colour],
        fontSize,
      }}
      onPointerDown={(event) => event.stopPropagation()}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => finish(text)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") finish("");
        if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
        event.preventDefault();
        finish(text);
      }}
    />
  );
}
