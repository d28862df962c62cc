/** One page of a board: Excalidraw, bound to the page's elements. */
import "./assets";
import "@excalidraw/excalidraw/index.css";

import { Excalidraw, MainMenu, THEME } from "@excalidraw/excalidraw";
import type { AppState, ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { useComputedColorScheme } from "@mantine/core";
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import { PageBinding, type Refusal } from "./binding/binding";
import { Entries } from "./binding/entries";
import { firstScroll, type Scroll } from "./binding/follow";
import { elementsOf } from "./binding/pages";
import { BoardWords } from "./BoardWords";
import { usePlace } from "./context";
import { Hands } from "./hands";
import { keepNamed } from "./labels";
import { boardLanguage } from "./languages";
import { giveBack, type Past, pastOf } from "./past";
import { ExcalidrawScene } from "./scene";
import { browserTurns } from "./turns";

/** What goes from page to page: tools and colours as they were chosen, and where one looked. */
export type Kept = Partial<AppState>;

export interface Pointer {
  x: number;
  y: number;
  tool: "pointer" | "laser";
}

export interface CanvasHandle {
  readonly api: ExcalidrawImperativeAPI;
  readonly binding: PageBinding;
}

interface BoardCanvasProps {
  ydoc: Y.Doc;
  page: string;
  editable: boolean;
  kept: RefObject<Map<string, Kept>>;
  /** What can be undone on the pages that are not open. */
  pasts: RefObject<Map<string, Past>>;
  onReady: (handle: CanvasHandle | null) => void;
  onPointer: (pointer: Pointer, down: boolean) => void;
  onScroll: (scroll: Scroll) => void;
  onSelect: (ids: readonly string[]) => void;
  onRefused: (why: Refusal) => void;
  onResize: () => void;
}

const TOOLS = "";

const UI = {
  canvasActions: {
    changeViewBackgroundColor: false,
    export: false,
    loadScene: false,
    saveAsImage: false,
    saveToActiveFile: false,
    toggleTheme: false,
  },
} as const;

function keptOf(state: AppState): Kept {
  const chosen = Object.entries(state).filter(([key]) => key.startsWith("currentItem"));
  const { activeTool, gridModeEnabled, objectsSnapModeEnabled } = state;
  return { ...Object.fromEntries(chosen), activeTool, gridModeEnabled, objectsSnapModeEnabled };
}

function placeOf({ scrollX, scrollY, zoom }: AppState): Kept {
  return { scrollX, scrollY, zoom };
}

function lookAt(api: ExcalidrawImperativeAPI, entries: Entries): void {
  const { width, height } = api.getAppState();
  const { scrollX, scrollY, zoom } = firstScroll(entries.all(), { width, height });
  api.updateScene({ appState: { scrollX, scrollY, zoom: { value: zoom } as AppState["zoom"] } });
}

export const BoardCanvas = memo(function BoardCanvas(props: BoardCanvasProps) {
  const { ydoc, page, editable, kept, pasts } = props;
  const { handle: { pictures, listen } } = usePlace();
  const { t, i18n } = useTranslation();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const [api, setApi] = useState<ExcalidrawImperativeAPI>();
  const [started, setStarted] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const binding = useRef<PageBinding>(undefined);
  const [entries, setEntries] = useState<Entries>();
  const now = useRef(props);
  now.current = props;
  const hands = useRef(new Hands(() => performance.now()));
  const size = useRef<[number, number]>([0, 0]);
  const selected = useRef<AppState["selectedElementIds"]>({});

  // Excalidraw forgets its elements when it goes: what is left of them is written just before.
  useLayoutEffect(() => {
    if (api === undefined || !started) return undefined;
    const { current: keeps } = kept;
    const { current: remembered } = pasts;
    const stored = new Entries(elementsOf(ydoc, page));
    const past = remembered.get(page);
    if (past !== undefined) giveBack(api, past, (id) => stored.get(id) !== undefined);
    if (!keeps.has(page)) lookAt(api, stored);
    const scene = new ExcalidrawScene(api, pictures, (why) => now.current.onRefused(why));
    const made = new PageBinding(stored, scene, browserTurns, now.current.editable);
    binding.current = made;
    setEntries(stored);
    now.current.onReady({ api, binding: made });
    const unlisten = listen({
      stored: () => made.touched(),
      refused: (ids) => {
        const refused = new Set(ids);
        const elements = api.getSceneElementsIncludingDeleted().filter(
          (element) => element.type !== "image" || !refused.has(element.fileId ?? ""),
        );
        api.updateScene({ elements, captureUpdate: "NEVER" });
        for (const id of ids) pictures.forget(id);
      },
    });
    const ends = [
      api.onScrollChange((scrollX, scrollY, zoom) => {
        now.current.onScroll({ scrollX, scrollY, zoom: zoom.value });
      }),
      api.onPointerUp(() => made.touched()),
    ];
    return () => {
      for (const end of ends) end();
      now.current.onReady(null);
      unlisten();
      const state = api.getAppState();
      keeps.set(TOOLS, keptOf(state));
      keeps.set(page, placeOf(state));
      const undoable = pastOf(api);
      if (undoable === undefined) remembered.delete(page);
      else remembered.set(page, undoable);
      made.destroy();
      stored.destroy();
      setEntries(undefined);
      binding.current = undefined;
    };
  }, [api, started, ydoc, page, pictures, listen, kept, pasts]);

  useEffect(() => {
    const { current: watched } = hands;
    return watched.watch(window);
  }, []);

  useEffect(() => binding.current?.setEditable(editable), [editable]);

  useEffect(() => {
    const flush = () => binding.current?.flush();
    window.addEventListener("pagehide", flush);
    return () => window.removeEventListener("pagehide", flush);
  }, []);

  const menuLabel = t("board.menu");
  const coloursLabel = t("board.colours");
  const fontsLabel = t("board.fonts");
  useEffect(() => {
    if (root.current === null) return undefined;
    return keepNamed(root.current, [
      [".FontPicker__container[role=dialog]", fontsLabel],
      [".dropdown-menu-button:not(.App-toolbar__extra-tools-trigger)", menuLabel],
      [".color-picker-container", coloursLabel],
      [".reset-zoom-button", null], // it reads "100%"; what it does is its title
    ]);
  }, [menuLabel, coloursLabel, fontsLabel]);

  const initial = useMemo(
    () => ({
      appState: { ...kept.current.get(TOOLS), ...kept.current.get(page) } as Kept,
      scrollToContent: false,
    }),
    // A new page is a new canvas.
    // oxlint-disable-next-line react/exhaustive-deps
    [],
  );
  return (
    <div className="fm-board-canvas" ref={root} dir="ltr">
      <Excalidraw
        excalidrawAPI={setApi}
        initialData={initial}
        langCode={boardLanguage(i18n.language)}
        theme={scheme === "dark" ? THEME.DARK : THEME.LIGHT}
        viewModeEnabled={!editable}
        isCollaborating
        aiEnabled={false}
        validateEmbeddable={false}
        handleKeyboardGlobally={false}
        detectScroll={false}
        UIOptions={UI}
        onChange={(_elements, state) => {
          if (state.isLoading) return;
          if (!started) setStarted(true);
          binding.current?.touched(!hands.current.busy);
          const [width, height] = size.current;
          if (state.width !== width || state.height !== height) {
            size.current = [state.width, state.height];
            now.current.onResize();
          }
          if (state.selectedElementIds !== selected.current) {
            selected.current = state.selectedElementIds;
            now.current.onSelect(Object.keys(state.selectedElementIds));
          }
        }}
        onPointerUpdate={({ pointer, button }) => now.current.onPointer(pointer, button === "down")}
      >
        <MainMenu>
          <MainMenu.DefaultItems.SearchMenu />
          <MainMenu.DefaultItems.Help />
          {editable && <MainMenu.DefaultItems.ClearCanvas />}
        </MainMenu>
      </Excalidraw>
      {entries !== undefined && <BoardWords entries={entries} />}
    </div>
  );
});
