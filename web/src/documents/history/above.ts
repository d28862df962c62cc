/** Tells the history's dialog that another one lies above it, so that Escape closes that alone. */
import { createContext, useContext, useEffect } from "react";

export const Above = createContext<(open: boolean) => void>(() => undefined);

export function useAbove(open: boolean): void {
  const tell = useContext(Above);
  useEffect(() => {
    tell(open);
    return () => tell(false);
  }, [tell, open]);
}
