/** What the board needs besides its document. */
import type { Conference } from "@folkmoot/client";
import { createContext, type RefObject, useContext } from "react";

import type { Kept } from "./BoardCanvas";
import type { Past } from "./past";
import type { PictureHandle } from "./usePictures";

export interface BoardPlace {
  readonly conference: Conference;
  /** The document's. */
  readonly id: string;
  /** As people see it. */
  readonly title: string;
  readonly active: boolean;
  /** Who shows this board to everybody; empty while nobody does, or it is oneself. */
  readonly shownBy: string;
  readonly handle: PictureHandle;
  /** The page that is open here, if it is still there; also when the document is built anew. */
  readonly wanted: string;
  readonly open: (page: string) => void;
  readonly kept: RefObject<Map<string, Kept>>;
  readonly pasts: RefObject<Map<string, Past>>;
}

export const PlaceContext = createContext<BoardPlace | null>(null);

export function usePlace(): BoardPlace {
  const place = useContext(PlaceContext);
  if (place === null) throw new Error("A board was drawn outside of its view.");
  return place;
}
