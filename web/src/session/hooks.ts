/** Reads the client's observables from React. */
import type { Observable, Status } from "@folkmoot/client";
import { useMemo, useSyncExternalStore } from "react";

import { calmed } from "./calm";

export function useObservable<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.getSnapshot);
}

/**
 * A part of an observable: who uses it is drawn anew only when that changes.
 *
 * Caller: the part is a plain value, or one and the same object as long as it did not change.
 */
export function usePart<T, P>(observable: Observable<T>, part: (whole: T) => P): P {
  return useSyncExternalStore(observable.subscribe, () => part(observable.getSnapshot()));
}

/** The status; how much is unsaved may be a second behind, for each key changes it. */
export function useCalmStatus({ status }: { status: Observable<Status> }): Status {
  return useObservable(useMemo(() => calmed(status), [status]));
}
