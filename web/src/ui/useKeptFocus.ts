/** Keeps the focus in the room when what had it goes away, so that no keyboard starts anew. */
import { useEffect } from "react";

const HOME = "section, main, aside, header, nav";

function takes(element: Element | undefined): element is HTMLElement {
  return (
    element instanceof HTMLElement &&
    element.isConnected &&
    !element.matches(":disabled") &&
    element.checkVisibility()
  );
}

/** The element, else the part of the page around it; with what stood around it when it was left. */
function pathOf(element: Element): Element[] {
  const path: Element[] = [];
  for (let at: Element | null = element; at !== null; at = at.parentElement) path.push(at);
  return path;
}

/**
 * Watches all below `selector`.
 *
 * A vote that is cast takes its form away, a button that works is disabled for a moment, a dialog
 * was opened from a menu that is gone: browsers then put the focus at the top of the page. Here it
 * goes back to what had it, or to the panel around that.
 */
export function useKeptFocus(selector: string): void {
  useEffect(() => {
    let path: Element[] = [];
    let lent: Element | undefined;
    let frame = 0;
    const onFocus = ({ target }: FocusEvent) => {
      if (!(target instanceof Element) || target.closest(selector) === null) return;
      if (target === lent) return;
      path = pathOf(target);
      lent = undefined;
    };
    const check = () => {
      frame = 0;
      const active = document.activeElement;
      const lost = active === null || active === document.body;
      if (!lost && active !== lent) return;
      const [last] = path;
      if (takes(last)) {
        if (last.matches("button, a, input, textarea, select, [tabindex], [contenteditable]")) {
          lent = undefined;
          last.focus({ preventScroll: true });
        }
        return;
      }
      if (!lost) return;
      const home = path.find((one) => one.matches(HOME) && takes(one) && one.closest(selector));
      if (!(home instanceof HTMLElement)) return;
      if (!home.hasAttribute("tabindex")) home.tabIndex = -1;
      lent = home;
      home.focus({ preventScroll: true });
    };
    const soon = () => {
      frame ||= requestAnimationFrame(check);
    };
    // Who presses beside everything wants the focus nowhere.
    const onPress = ({ target }: PointerEvent) => {
      if (!(target instanceof Element) || target.closest("button, a, input, label") === null) {
        path = [];
      }
    };
    // Nor does who leaves a field on purpose, as by the key that puts a phone's keyboard away.
    const onBlur = ({ target, relatedTarget }: FocusEvent) => {
      if (relatedTarget !== null || target !== path[0]) return;
      setTimeout(() => {
        if (document.activeElement === document.body && takes(path[0])) path = [];
      });
    };
    const observer = new MutationObserver(soon);
    observer.observe(document.body, {
      subtree: true,
      childList: true,
      attributeFilter: ["disabled", "hidden"],
    });
    document.addEventListener("focusin", onFocus);
    document.addEventListener("focusout", onBlur);
    document.addEventListener("pointerdown", onPress);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
      document.removeEventListener("focusin", onFocus);
      document.removeEventListener("focusout", onBlur);
      document.removeEventListener("pointerdown", onPress);
    };
  }, [selector]);
}
