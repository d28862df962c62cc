/** Laser pointers: others' over a page, and telling others of one's own. */
import type { Conference } from "@folkmoot/client";
import { useCallback, useEffect, useMemo, useState } from "react";

import {
  FADES_AFTER_MS,
  POINTER_TOPIC,
  type Pointers,
  pointersAfter,
  pointersAt,
  TELL_EVERY_MS,
} from "./pointers";

export function usePointers(conference: Pick<Conference, "onLive">, deck: string, page: number) {
  const [pointers, setPointers] = useState<Pointers>([]);
  useEffect(
    () =>
      conference.onLive(({ topic, number, person, body }) => {
        if (topic !== POINTER_TOPIC) return;
        const now = performance.now();
        setPointers((before) => pointersAfter(before, { number, person, body }, now));
      }),
    [conference],
  );
  useEffect(() => {
    if (pointers.length === 0) return undefined;
    const timer = setTimeout(
      () => setPointers((before) => pointersAt(before, performance.now())),
      FADES_AFTER_MS,
    );
    return () => clearTimeout(timer);
  }, [pointers]);
  return pointers.filter((pointer) => pointer.deck === deck && pointer.page === page);
}

export type Point = (at: { x: number; y: number } | null) => void;

/** Tells the newest of what it is given, every so often. */
class Telling {
  private body: object | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly conference: Pick<Conference, "sendLive">) {}

  tell(body: object | null): void {
    this.body = body;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.conference.sendLive(POINTER_TOPIC, this.body);
    }, TELL_EVERY_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

/** Says where one points; null says that one points no more. */
export function usePointing(
  conference: Pick<Conference, "sendLive">,
  deck: string,
  page: number,
): Point {
  const telling = useMemo(() => new Telling(conference), [conference]);
  useEffect(() => () => telling.stop(), [telling]);
  return useCallback(
    (at) => telling.tell(at === null ? null : { deck, page, x: at.x, y: at.y }),
    [telling, deck, page],
  );
}
