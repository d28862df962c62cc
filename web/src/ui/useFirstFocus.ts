/** Puts the cursor into a form's one field, except where that would open a phone's keyboard. */
import { useEffect, useRef, type RefObject } from "react";

export function useFirstFocus<T extends HTMLElement>(): RefObject<T | null> {
  const field = useRef<T>(null);
  useEffect(() => {
    if (window.matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true });
  }, []);
  return field;
}
