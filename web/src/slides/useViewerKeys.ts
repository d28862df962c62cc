/** Keys of a deck in sight: they work on the page, and while nothing else has the focus. */
import { useEffect, useRef, type RefObject } from "react";

import { type Tool } from "./tools";
import { toolOfKey } from "./Tools";
import { turnOf } from "./turning";
import { zoomOfKey } from "./zoom";

interface KeysProps {
  root: RefObject<HTMLElement | null>;
  active: boolean;
  page: number;
  pages: number;
  zoomed: boolean;
  onTurn: (page: number) => void;
  onZoom: (step: 1 | -1 | 0) => void;
  onTool: ((tool: Tool) => void) | undefined;
  onUndo: () => void;
  onFull: () => void;
  /** Begins a text without a mouse; undefined while nothing is written. */
  onWrite: (() => void) | undefined;
  onEscape: () => void;
}

const WRITES = "input, textarea, select, [contenteditable]";
/** Where arrows, Space and letters have a meaning of their own. */
const OWN_KEYS = `${WRITES}, [role="tab"], [role="menu"], [role="menuitem"], [role="dialog"]`;
const SCROLLS = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", " "]);

function concerns(root: HTMLElement | null, target: EventTarget | null): target is HTMLElement {
  if (!(target instanceof HTMLElement) || root === null) return false;
  if (target.closest(OWN_KEYS) !== null) return false;
  return target === document.body || root.contains(target);
}

function onKey(event: KeyboardEvent, props: KeysProps): boolean {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey) {
    if (key.toLowerCase() !== "z" || event.shiftKey) return false;
    props.onUndo();
    return true;
  }
  if (event.altKey) return false;
  if (key === "Escape") {
    props.onEscape();
    return false;
  }
  const onButton = target instanceof HTMLElement && target.closest("button, a") !== null;
  if (key === "Enter" && !onButton && props.onWrite !== undefined) {
    props.onWrite();
    return true;
  }
  const scrolls = props.zoomed && SCROLLS.has(key);
  const page =
    scrolls || (key === " " && onButton)
      ? null
      : turnOf(key, props.page, props.pages, document.dir === "rtl");
  if (page !== null) {
    props.onTurn(page);
    return true;
  }
  const zoom = zoomOfKey(key);
  if (zoom !== null) {
    props.onZoom(zoom);
    return true;
  }
  if (key === "f") {
    props.onFull();
    return true;
  }
  const tool = toolOfKey(key);
  if (tool === undefined || props.onTool === undefined) return false;
  props.onTool(tool);
  return true;
}

export function useViewerKeys(props: KeysProps): void {
  const newest = useRef(props);
  useEffect(() => {
    newest.current = props;
  });
  const { active } = props;
  useEffect(() => {
    if (!active) return undefined;
    const listen = (event: KeyboardEvent) => {
      const { current } = newest;
      if (event.defaultPrevented || !concerns(current.root.current, event.target)) return;
      if (onKey(event, current)) event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [active]);
}
