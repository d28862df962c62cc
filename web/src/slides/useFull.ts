/** The whole screen for the page; where browsers do not give it, the whole window. */
import { useCallback, useEffect, useState } from "react";

export function useFull(active: boolean): [boolean, () => void, () => void] {
  const [full, setFull] = useState(false);
  const leave = useCallback(() => {
    setFull(false);
    if (document.fullscreenElement !== null) void document.exitFullscreen();
  }, []);
  const toggle = useCallback(() => {
    if (full) {
      leave();
      return;
    }
    setFull(true);
    // The document, not the viewer: menus and hints stand beside it in the page.
    document.documentElement.requestFullscreen?.().catch(() => undefined);
  }, [full, leave]);
  useEffect(() => {
    if (!full) return undefined;
    const onChange = () => {
      if (document.fullscreenElement === null) setFull(false);
    };
    document.addEventListener("fullscreenchange", onChange);
    return () => document.removeEventListener("fullscreenchange", onChange);
  }, [full]);
  useEffect(() => {
    if (!active && full) leave();
  }, [active, full, leave]);
  return [full, toggle, leave];
}
