/** The pictures of a board, with what a person must know of their way. */
import type { Conference } from "@folkmoot/client";
import { useMemo, useState } from "react";

import { Pictures, type PicturesListener } from "./pictures";

export interface PictureState {
  /** Pictures that are being stored. */
  readonly waiting: number;
  /** Why the last one was not taken. */
  readonly refused: { code: string; message: string } | null;
  forget(): void;
}

/** What a board that is open wants to hear. */
export type PictureEnds = Pick<PicturesListener, "refused" | "stored">;

export interface PictureHandle {
  readonly pictures: Pictures;
  readonly state: PictureState;
  /** For whoever has the board open. Shape: returns how to stop. */
  readonly listen: (ends: PictureEnds) => () => void;
}

export function usePictures(conference: Conference): PictureHandle {
  const [waiting, setWaiting] = useState(0);
  const [refused, setRefused] = useState<PictureState["refused"]>(null);
  const { pictures, listen } = useMemo(() => {
    const open = new Set<PictureEnds>();
    const made = new Pictures(conference.files, {
      waiting: setWaiting,
      stored: () => {
        for (const ends of open) ends.stored();
      },
      refused: (ids, error) => {
        setRefused(problemOf(error));
        for (const ends of open) ends.refused(ids, error);
      },
    });
    const hear = (ends: PictureEnds) => {
      open.add(ends);
      return () => void open.delete(ends);
    };
    return { pictures: made, listen: hear };
  }, [conference]);
  const state = useMemo(
    () => ({ waiting, refused, forget: () => setRefused(null) }),
    [waiting, refused],
  );
  return { pictures, state, listen };
}

function problemOf(error: unknown): { code: string; message: string } {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return {
    code: typeof code === "string" ? code : "request_failed",
    message: typeof message === "string" ? message : "",
  };
}
