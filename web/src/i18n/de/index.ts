/** The page in German. */
import { gathered } from "../gathered";

const files = import.meta.glob(["./*.ts", "!./index.ts"], { eager: true });

export const de = gathered(files);
