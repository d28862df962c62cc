/** What the board needs besides its document. */
import type { Conference } from "@folkmoot/client";
import { createContext, useContext } from "react";

import type { Pictures } from "./pictures";

export interface BoardPlace {
  readonly conference: Conference;
  /** As people see it. */
  readonly title: string;
  readonly active: boolean;
  /** Who shows this board to everybody; empty while nobody does, or it is oneself. */
  readonly shownBy: string;
  readonly pictures: Pictures;
}

export const PlaceContext = createContext<BoardPlace | null>(null);

export function usePlace(): BoardPlace {
  const place = useContext(PlaceContext);
  if (place === null) throw new Error("A board was drawn outside of its view.");
  return place;
}
