/** A picture in the text: its text for who does not see it, its width, and what is to do. */
import { ActionIcon, TextInput } from "@mantine/core";
import { IconAlt, IconPhotoOff, IconTrash } from "@tabler/icons-react";
import {
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type KeyboardEvent,
  type PointerEvent,
} from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";

import { widthAfter } from "./image";
import type { ImageMounts, Mount } from "./imageMounts";
import { ALT_CHARACTERS_MAX, WIDTH_MAX, WIDTH_MIN } from "./limits";
import { usePicture } from "./usePicture";

interface WidthHandleProps {
  width: number | null;
  frame: () => HTMLElement | null;
  onWidth: (width: number) => void;
}

/** Dragged, or moved by arrow keys; what is dragged becomes an edit only when it is let go. */
function WidthHandle({ width, frame, onWidth }: WidthHandleProps) {
  const { t } = useTranslation();
  const start = useRef<{ x: number; pixels: number; from: number; now: number }>(null);
  const shownWidth = () => {
    const figure = frame();
    const all = figure?.parentElement?.clientWidth ?? 0;
    return all > 0 && figure ? Math.round((figure.clientWidth / all) * 100) : WIDTH_MAX;
  };
  const down = (event: PointerEvent<HTMLElement>) => {
    const all = frame()?.parentElement?.clientWidth ?? 0;
    if (all === 0) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    const from = width ?? shownWidth();
    start.current = { x: event.clientX, pixels: all, from, now: from };
  };
  const move = (event: PointerEvent<HTMLElement>) => {
    const figure = frame();
    if (start.current === null || figure === null) return;
    const { x, pixels, from } = start.current;
    const rtl = getComputedStyle(figure).direction === "rtl" ? -1 : 1;
    const wanted = Math.round(from + ((event.clientX - x) * rtl * 100) / pixels);
    start.current.now = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, wanted));
    figure.style.inlineSize = `${start.current.now}%`;
  };
  const up = () => {
    const { current } = start;
    start.current = null;
    if (current !== null && current.now !== current.from) onWidth(current.now);
  };
  const key = (event: KeyboardEvent<HTMLElement>) => {
    const rtl = getComputedStyle(event.currentTarget).direction === "rtl" ? -1 : 1;
    const steps =
      { ArrowUp: 1, ArrowDown: -1, ArrowRight: rtl, ArrowLeft: -rtl }[event.key] ?? 0;
    if (steps === 0) return;
    event.preventDefault();
    onWidth(widthAfter(width, shownWidth(), steps));
  };
  return (
    <span
      className="fm-image-handle"
      // Its place is on the picture's edge, where no range input can stand.
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="slider"
      tabIndex={0}
      aria-label={t("notes.image.width")}
      aria-valuemin={WIDTH_MIN}
      aria-valuemax={WIDTH_MAX}
      aria-valuenow={width ?? WIDTH_MAX}
      aria-valuetext={`${width ?? shownWidth()} %`}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onKeyDown={key}
    />
  );
}

interface AltFieldProps {
  alt: string;
  onAlt: (alt: string) => void;
  onDone: () => void;
}

function AltField({ alt, onAlt, onDone }: AltFieldProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(alt);
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []); // the person asked for it
  const take = () => {
    if (text.trim() !== alt) onAlt(text.trim());
    onDone();
  };
  return (
    <TextInput
      className="fm-image-alt"
      size="xs"
      ref={field}
      value={text}
      maxLength={ALT_CHARACTERS_MAX}
      aria-label={t("notes.image.alt")}
      placeholder={t("notes.image.altHint")}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") take();
        if (event.key === "Escape") onDone();
      }}
    />
  );
}

function Picture({ mount, editable }: { mount: Mount; editable: boolean }) {
  const { attributes, selected, describing: asked, change, choose, remove } = mount;
  const { t } = useTranslation();
  const { file, alt, width, ratio } = attributes;
  const { shown, again } = usePicture(file);
  const frame = useRef<HTMLSpanElement>(null);
  const [describing, setDescribing] = useState(false);
  useLayoutEffect(() => {
    if (asked > 0) setDescribing(true);
  }, [asked]);
  const chosen = editable && selected;
  return (
    <span
      ref={frame}
      className="fm-image-frame"
      style={width === null ? undefined : { inlineSize: `${width}%` }}
    >
      {shown.state === "shown" ? (
        <img src={shown.address} alt={alt} draggable={false}
          style={ratio === null ? undefined : { aspectRatio: ratio }} />
      ) : (
        <span
          className="fm-image-wait"
          style={{ aspectRatio: ratio ?? 1.6 }}
          // Stands for the picture until there is one.
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
          role="img"
          aria-label={alt === "" ? t("notes.image.unnamed") : alt}
        >
          {shown.state === "failed" && <IconPhotoOff size={22} stroke={1.5} aria-hidden="true" />}
        </span>
      )}
      {shown.state === "failed" && (
        <span className="fm-image-tools">
          <span className="fm-image-missing">{t("notes.image.missing")}</span>
          <button type="button" className="fm-upload-button" onClick={again}>
            {t("notes.image.again")}
          </button>
        </span>
      )}
      {chosen && shown.state === "shown" && (
        <WidthHandle width={width} frame={() => frame.current}
          onWidth={(next) => change({ width: next })} />
      )}
      {chosen && (
        <span className="fm-image-tools">
          {describing ? (
            <AltField
              alt={alt}
              onAlt={(next) => change({ alt: next })}
              onDone={() => {
                setDescribing(false);
                choose();
              }}
            />
          ) : (
            <>
              <button type="button" className="fm-upload-button"
                onClick={() => setDescribing(true)}>
                <IconAlt size={16} stroke={1.8} aria-hidden="true" />
                {alt === "" ? t("notes.image.describe") : t("notes.image.changeAlt")}
              </button>
              <ActionIcon variant="subtle" color="gray" size={28}
                aria-label={t("notes.image.remove")} onClick={remove}>
                <IconTrash size={16} stroke={1.7} aria-hidden="true" />
              </ActionIcon>
            </>
          )}
        </span>
      )}
    </span>
  );
}

/** Draws the editor's pictures, each in the place that the editor made for it. */
export function Images({ mounts, editable }: { mounts: ImageMounts; editable: boolean }) {
  const all = useSyncExternalStore(mounts.subscribe, mounts.getSnapshot);
  return all.map((mount) =>
    createPortal(<Picture mount={mount} editable={editable} />, mount.place, String(mount.key)),
  );
}
