/** Holds back a passing state, so that what is over in a blink does not flicker. */
import { useEffect, useState } from "react";

/**
 * Shape: a `passing` value is shown once passing values have lasted `wait_ms`, however often they
 * changed meanwhile (a client that cannot connect reports every try); any other at once.
 */
export function useCalm<T>(value: T, passing: boolean, wait_ms: number): T {
  const [settled, setSettled] = useState(value);
  const [lasted, setLasted] = useState(false);
  useEffect(() => {
    if (!passing) setSettled(value);
  }, [value, passing]);
  useEffect(() => {
    setLasted(false);
    if (!passing) return undefined;
    const timer = setTimeout(() => setLasted(true), wait_ms);
    return () => clearTimeout(timer);
  }, [passing, wait_ms]);
  return passing && !lasted ? settled : value;
}
