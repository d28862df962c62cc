/** What the build changes about Excalidraw: its fonts are ours, its other languages stay away. */
import { cpSync, readFileSync } from "node:fs";

import type { Plugin } from "vite";

import { BOARD_LANGUAGES } from "../src/board/languages";

const folder = new URL("../node_modules/@excalidraw/excalidraw/", import.meta.url);

export const { version } = JSON.parse(
  readFileSync(new URL("package.json", folder), "utf8"),
) as { version: string };

/** Excalidraw asks a foreign host for each font that it does not find; here it finds them all. */
const FOREIGN_FONTS = /return (\w+)\.push\(new URL\(\w+,\w+\.ASSETS_FALLBACK_URL\)\),\1/u;

/** Where it names the chunks of its languages, one after the other. */
const LOCALE = /"\.\/locales\/([\w-]+)\.json":\(\)=>import\("\.\/locales\/[\w-]+\.js"\),?/gu;

/** What its interface lets others do with what can be undone. */
const HISTORY = "history:{clear:this.resetHistory}";

/** English is the one it falls back to; the other is a list that it reads when it starts. */
const LOCALES_KEPT = new Set<string>([...BOARD_LANGUAGES, "en", "percentages"]);

/** The whiteboard's fonts among the built files, and nowhere else. */
export function excalidrawFonts(): Plugin {
  let to = "";
  let found = false;
  return {
    name: "excalidraw-fonts",
    apply: "build",
    transform(code, id) {
      if (!id.includes("@excalidraw/excalidraw") || !FOREIGN_FONTS.test(code)) return null;
      found = true;
      return { code: code.replace(FOREIGN_FONTS, "return $1"), map: null };
    },
    buildEnd(error) {
      if (!found && error === undefined) {
        throw new Error("Excalidraw changed: find where it asks a foreign host for its fonts.");
      }
    },
    configResolved(config) {
      to = new URL(`${config.build.outDir}/`, `file://${config.root}/`).pathname;
    },
    writeBundle() {
      const fonts = new URL("dist/prod/fonts", folder);
      cpSync(fonts, `${to}assets/excalidraw-${version}/fonts`, { recursive: true });
    },
  };
}

/** Of Excalidraw's languages only those in which the page itself is offered. */
export function excalidrawLanguages(): Plugin {
  const kept = new Set<string>();
  return {
    name: "excalidraw-languages",
    apply: "build",
    transform(code, id) {
      if (!id.includes("@excalidraw/excalidraw") || !code.includes('"./locales/')) return null;
      const less = code.replace(LOCALE, (entry, language: string) => {
        if (!LOCALES_KEPT.has(language)) return "";
        kept.add(language);
        return entry;
      });
      return { code: less, map: null };
    },
    buildEnd(error) {
      if (error !== undefined || LOCALES_KEPT.size === kept.size) return;
      throw new Error("Excalidraw changed: find where it names the files of its languages.");
    },
  };
}

/** Lets what can be undone on a page outlive its canvas (`src/board/past.ts`). */
export function excalidrawHistory(): Plugin {
  let found = false;
  return {
    name: "excalidraw-history",
    apply: "build",
    transform(code, id) {
      if (!id.includes("@excalidraw/excalidraw") || !code.includes(HISTORY)) return null;
      found = true;
      // Asked for each time: Excalidraw makes its history anew after it gave its interface away.
      const open = `${HISTORY.slice(0, -1)},stacks:()=>this.history}`;
      return { code: code.replace(HISTORY, open), map: null };
    },
    buildEnd(error) {
      if (!found && error === undefined) {
        throw new Error("Excalidraw changed: find where it lets others clear what can be undone.");
      }
    },
  };
}
