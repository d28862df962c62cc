/** Puts a language together from its folder: a file for each area, named like it. */
import type { Translation } from "./en";

type Files = Readonly<Record<string, unknown>>;

/**
 * Shape: `files` by their paths, as Vite's `import.meta.glob` has them; each exports its area and
 * nothing else. That all areas of English are there is for `languages.test.ts` to see.
 */
export function gathered(files: Files): Translation {
  const areas = Object.entries(files).map(([path, file]) => {
    const name = path.replace(/^.*\/|\.ts$/gu, "");
    return [name, Object.values(file as object)[0] as unknown] as const;
  });
  return Object.fromEntries(areas) as unknown as Translation;
}
