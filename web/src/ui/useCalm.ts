/** Holds back a passing state, so that what is over in a blink does not flicker. */
import { useEffect, useState } from "react";

/** Shape: a `passing` value is shown once it has lasted `wait_ms`; any other at once. */
export function useCalm<T>(value: T, passing: boolean, wait_ms: number): T {
  const [shown, setShown] = useState(value);
  useEffect(() => {
    if (!passing) {
      setShown(value);
      return undefined;
    }
    const timer = setTimeout(() => setShown(value), wait_ms);
    return () => clearTimeout(timer);
  }, [value, passing, wait_ms]);
  return passing ? shown : value;
}
