/** A board as it was: its pages as pictures, for the history. */
import "./assets";
import "../styles/board.css";

import { ActionIcon, Button, NativeSelect, useComputedColorScheme } from "@mantine/core";
import { IconArrowsMaximize } from "@tabler/icons-react";
import { useContext, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import type { PreviewProps } from "../documents/history/kinds";
import { PicturesContext } from "../documents/notes/pictures";
import { isolated } from "../i18n";
import { Loading } from "../ui/Loading";
import { Entries } from "./binding/entries";
import { elementsOf, listPages, pagesOf } from "./binding/pages";
import { BoardWords } from "./BoardWords";
import { canvasOf } from "./copies";
import { Pictures } from "./pictures";

/** A moment is drawn after this rest: who goes through many does not wait for each. */
const CALM_MS = 150;

const UNHEARD = { waiting: () => undefined, refused: () => undefined, stored: () => undefined };

/** The room's pictures, to look at. */
function usePast(): Pictures {
  const store = useContext(PicturesContext);
  return useMemo(() => {
    const away = () => Promise.reject(new Error("There are no pictures here."));
    const fetch = store === null ? away : (file: string) => store.fetch(file);
    return new Pictures({ upload: away, fetch }, UNHEARD);
  }, [store]);
}

type Drawn = "drawing" | "drawn" | "empty" | "failed";

/** Draws a page into `host`; what was drawn before stays until then. */
function usePicture(ydoc: Y.Doc, page: string, host: { current: HTMLElement | null }) {
  const pictures = usePast();
  const dark = useComputedColorScheme("light", { getInitialValueInEffect: false }) === "dark";
  const [drawn, setDrawn] = useState<Drawn>("drawing");
  const [turn, setTurn] = useState(0);
  const wanted = useMemo(() => ({ ydoc, page, dark, turn }), [ydoc, page, dark, turn]);
  useEffect(() => {
    let over = false;
    const show = (state: Drawn, canvas?: HTMLCanvasElement) => {
      if (over) return;
      host.current?.replaceChildren(...(canvas === undefined ? [] : [canvas]));
      setDrawn(state);
    };
    const draw = () => {
      const { length } = elementsOf(wanted.ydoc, wanted.page);
      if (length === 0) {
        show("empty");
        return;
      }
      canvasOf(wanted.ydoc, wanted.page, pictures, { scale: 1, dark: wanted.dark }).then(
        (canvas) => show("drawn", canvas),
        () => show("failed"),
      );
    };
    const first = (host.current?.childElementCount ?? 0) === 0;
    const timer = setTimeout(draw, first ? 0 : CALM_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [wanted, pictures, host]);
  return { drawn, again: () => setTurn((before) => before + 1) };
}

function Words({ ydoc, page }: { ydoc: Y.Doc; page: string }) {
  const entries = useMemo(() => new Entries(elementsOf(ydoc, page)), [ydoc, page]);
  useEffect(() => () => entries.destroy(), [entries]);
  return <BoardWords entries={entries} />;
}

export default function BoardPreview({ ydoc }: PreviewProps) {
  const { t } = useTranslation();
  const host = useRef<HTMLDivElement>(null);
  const [wanted, setWanted] = useState("");
  const [large, setLarge] = useState(false);
  const pages = useMemo(() => listPages(pagesOf(ydoc)).pages, [ydoc]);
  const titles = pages.map(({ name }, at) =>
    name === "" ? t("board.page.numbered", { n: at + 1 }) : name,
  );
  const at = Math.max(0, pages.findIndex(({ id }) => id === wanted));
  const page = pages[at]?.id ?? "";
  const { drawn, again } = usePicture(ydoc, page, host);
  return (
    <div className="fm-board-past">
      <div className="fm-board-past-bar">
        {pages.length > 1 && (
          <NativeSelect size="xs" value={page} aria-label={t("board.past.page")}
            onChange={(event) => setWanted(event.currentTarget.value)}
            data={pages.map(({ id }, place) => ({ value: id, label: titles[place] ?? "" }))} />
        )}
        <span className="fm-spring" />
        <ActionIcon variant={large ? "light" : "subtle"} color="gray" aria-pressed={large}
          aria-label={t("board.past.large")} title={t("board.past.large")}
          onClick={() => setLarge(!large)}>
          <IconArrowsMaximize size={17} stroke={1.7} aria-hidden="true" />
        </ActionIcon>
      </div>
      {drawn === "drawing" && <Loading text={t("board.past.drawing")} />}
      {drawn === "empty" && <p className="fm-history-note">{t("board.past.empty")}</p>}
      {drawn === "failed" && (
        <div className="fm-history-failed" role="alert">
          <p>{t("board.past.failed")}</p>
          <Button variant="default" size="xs" onClick={again}>{t("history.again")}</Button>
        </div>
      )}
      <section
        className="fm-board-past-picture"
        ref={host}
        data-large={large || undefined}
        hidden={drawn !== "drawn"}
        aria-label={t("board.past.picture", { page: isolated(titles[at] ?? "") })}
        // It scrolls when it is large.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      />
      <Words ydoc={ydoc} page={page} />
    </div>
  );
}
