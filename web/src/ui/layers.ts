/**
 * Dialogs that lie above the page and above each other: which one is on top, what a key does there,
 * and where the focus goes when one is closed.
 *
 * What is above a dialog without being one (a menu, a list of choices) handles Escape itself.
 */
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent as ReactKeyboardEvent,
  type RefObject,
} from "react";

interface Layer {
  close: () => void;
}

/** The one on top is the last. */
const layers: Layer[] = [];

/** What is open above a dialog and closes by Escape on its own. */
const ABOVE = '[data-mantine-stop-propagation="true"], .mantine-Popover-dropdown';
const DIALOG = '[role="dialog"]';
/** Longer than a menu needs to give its own focus back. */
const RETURN_MS = 20;

function within(target: EventTarget | null, selector: string): boolean {
  return target instanceof Element && target.closest(selector) !== null;
}

function isEscape({ key, target, defaultPrevented, isComposing }: KeyboardEvent): boolean {
  return key === "Escape" && !defaultPrevented && !isComposing && !within(target, ABOVE);
}

/** The focus is on nothing that could take the key: then it is for the dialog on top. */
function onStrayKey(event: KeyboardEvent): void {
  if (layers.length === 0 || !isEscape(event) || within(event.target, DIALOG)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  layers.at(-1)?.close();
}

/** What has the focus; of an entry of a menu the button that opened the menu, for that stays. */
function opener(): HTMLElement | null {
  const { activeElement } = document;
  if (!(activeElement instanceof HTMLElement) || activeElement === document.body) return null;
  const menu = activeElement.closest('[role="menu"]');
  const button = document.getElementById(menu?.getAttribute("aria-labelledby") ?? "");
  return button ?? activeElement;
}

/** Gives the focus back unless it was taken somewhere else on purpose. */
function giveBack(to: HTMLElement | null, below: HTMLElement | null): void {
  const page = document;
  const atClose = page.activeElement;
  setTimeout(() => {
    const now = page.activeElement;
    const lost = now === null || now === page.body || (now === atClose && within(now, DIALOG));
    if (!lost) return;
    to?.focus({ preventScroll: true });
    // A button that is gone or busy takes no focus; the dialog that it stood in does.
    if (page.activeElement !== to) below?.focus({ preventScroll: true });
  }, RETURN_MS);
}

/** What a dialog does with keys while it is open. */
export function useLayer(
  opened: boolean,
  onClose: () => void,
): (event: ReactKeyboardEvent) => void {
  const newest = useRef(onClose);
  useEffect(() => {
    newest.current = onClose;
  });
  // While it is drawn first: a menu that it was opened from goes away in the same moment.
  const before = useRef<HTMLElement | null>(null);
  const was = useRef(false);
  if (opened && !was.current) before.current = opener();
  was.current = opened;
  useLayoutEffect(() => {
    if (!opened) return undefined;
    const from = before.current;
    const below = from?.closest<HTMLElement>(DIALOG) ?? null;
    const layer: Layer = { close: () => newest.current() };
    if (layers.length === 0) window.addEventListener("keydown", onStrayKey, { capture: true });
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
      if (layers.length === 0) window.removeEventListener("keydown", onStrayKey, { capture: true });
      giveBack(from, below);
    };
  }, [opened]);
  return (event) => {
    if (isEscape(event.nativeEvent)) {
      event.preventDefault();
      layers.at(-1)?.close();
    }
    // What is typed in a dialog means nothing to what lies below it. Tab goes round by a listener
    // of the document.
    if (event.key !== "Tab") event.stopPropagation();
  };
}

/**
 * For a form that opens within something and closes by Escape alone: gives the focus back to what
 * opened it, where that is still there.
 */
export function useInner(onClose: () => void): (event: ReactKeyboardEvent) => void {
  // While it is drawn first: afterwards a field of its own may have the focus.
  const [from] = useState(opener);
  useLayoutEffect(() => () => giveBack(from, null), [from]);
  return (event) => {
    if (!isEscape(event.nativeEvent)) return;
    event.preventDefault();
    event.stopPropagation();
    onClose();
  };
}

/** For a button whose place such a form takes while it is open: the button has the focus after. */
export function useFocusAfter(open: boolean): RefObject<HTMLButtonElement | null> {
  const button = useRef<HTMLButtonElement>(null);
  const was = useRef(open);
  useEffect(() => {
    if (was.current && !open && document.activeElement === document.body) button.current?.focus();
    was.current = open;
  }, [open]);
  return button;
}
