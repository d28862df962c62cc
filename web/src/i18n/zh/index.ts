/** The page in Chinese (simplified). */
import { gathered } from "../gathered";

const files = import.meta.glob(["./*.ts", "!./index.ts"], { eager: true });

export const zh = gathered(files);
