/** The page in Spanish. */
import { gathered } from "../gathered";
import { withMillions } from "../plurals";

const files = import.meta.glob(["./*.ts", "!./index.ts"], { eager: true });

export const es = withMillions(gathered(files));
