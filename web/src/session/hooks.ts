/** Reads the client's observables from React. */
import type { Observable } from "@folkmoot/client";
import { useSyncExternalStore } from "react";

export function useObservable<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.getSnapshot);
}
