/** Where the pictures of the notes come from and go to; given by the room. */
import { createContext } from "react";

import type { PictureStore } from "./uploads";

export interface Pictures extends PictureStore {
  /** A picture's bytes. Errors: rejects when it is not there or cannot be fetched now. */
  fetch: (file: string) => Promise<Blob>;
}

export const PicturesContext = createContext<Pictures | null>(null);
