/** Observables that fit `useSyncExternalStore`. */

export interface Observable<T> {
  subscribe(listener: () => void): () => void;
  getSnapshot(): T;
}

/** One immutable value that changes. `subscribe` and `getSnapshot` may be passed around unbound. */
export class Cell<T> implements Observable<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  readonly getSnapshot = (): T => this.value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }
}

/** Listeners of things that happen. */
export class Listeners<T> {
  private readonly listeners = new Set<(value: T) => void>();

  readonly add = (listener: (value: T) => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  tell(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }
}
