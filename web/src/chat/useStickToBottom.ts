/** Keeps a scroller at its end while the person is there, and in place while they read above. */
import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from "react";

const NEAR_PX = 48;

interface Stick {
  scroller: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  atBottom: boolean;
  toBottom: () => void;
  onScroll: () => void;
}

/** Caller: `firstKey` and `lastKey` name the first and last row; `lastOwn`: is it one's own? */
export function useStickToBottom(
  firstKey: string | undefined,
  lastKey: string | undefined,
  lastOwn: boolean,
): Stick {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const before = useRef({ firstKey, height: 0 });
  const [atBottom, setAtBottom] = useState(true);

  const toBottom = useCallback(() => {
    pinned.current = true;
    setAtBottom(true);
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, []);

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (!element || element.clientHeight === 0) return;
    const rest = element.scrollHeight - element.scrollTop - element.clientHeight;
    pinned.current = rest < NEAR_PX;
    setAtBottom(pinned.current);
  }, []);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const grown = element.scrollHeight - before.current.height;
    if (pinned.current) element.scrollTop = element.scrollHeight;
    else if (before.current.firstKey !== firstKey && grown > 0) element.scrollTop += grown;
    before.current = { firstKey, height: element.scrollHeight };
  });

  useLayoutEffect(() => {
    if (lastOwn) toBottom();
  }, [lastKey, lastOwn, toBottom]);

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

  return { scroller, content, atBottom, toBottom, onScroll };
}
