/** Keeps a scroller at its end while the person is there, and in place while they read above. */
import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from "react";

const NEAR_PX = 48;

interface Stick {
  scroller: RefObject<HTMLElement | null>;
  content: RefObject<HTMLDivElement | null>;
  atBottom: boolean;
  toBottom: () => void;
  /** Somebody goes to another place: the end does not hold them any more. */
  letGo: () => void;
  onScroll: () => void;
}

interface Rows {
  firstKey: string | undefined;
  lastKey: string | undefined;
  /** Whether the last row was just sent from here. */
  lastOwn: boolean;
  /** Whether the list keeps its place by itself when older rows come in above. */
  anchored: boolean;
}

export function useStickToBottom({ firstKey, lastKey, lastOwn, anchored }: Rows): Stick {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const top = useRef(0);
  const before = useRef({ firstKey, height: 0 });
  const [atBottom, setAtBottom] = useState(true);

  const toBottom = useCallback(() => {
    pinned.current = true;
    setAtBottom(true);
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, []);

  const letGo = useCallback(() => {
    pinned.current = false;
    setAtBottom(false);
  }, []);

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (!element || element.clientHeight === 0) return;
    const rest = element.scrollHeight - element.scrollTop - element.clientHeight;
    const up = element.scrollTop < top.current;
    top.current = element.scrollTop;
    // Rows that grow once they are measured leave the end without anyone scrolling up.
    if (rest < NEAR_PX) pinned.current = true;
    else if (up) pinned.current = false;
    setAtBottom(pinned.current);
  }, []);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const grown = element.scrollHeight - before.current.height;
    if (pinned.current) element.scrollTop = element.scrollHeight;
    else if (!anchored && before.current.firstKey !== firstKey && grown > 0) {
      element.scrollTop += grown;
    }
    before.current = { firstKey, height: element.scrollHeight };
  });

  // Who sends wants to see it stand there.
  const sent = lastOwn ? lastKey : undefined;
  useLayoutEffect(() => {
    if (sent !== undefined) toBottom();
  }, [sent, toBottom]);

  useLayoutEffect(() => {
    const [outer, inner] = [scroller.current, content.current];
    if (!outer || !inner || typeof ResizeObserver === "undefined") return undefined;
    const observer = new ResizeObserver(() => {
      if (pinned.current) outer.scrollTop = outer.scrollHeight;
    });
    observer.observe(outer);
    observer.observe(inner);
    return () => observer.disconnect();
  }, []);

  return { scroller, content, atBottom, toBottom, letGo, onScroll };
}
