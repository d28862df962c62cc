import { cpSync, readFileSync } from "node:fs";

import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// A zone under development answers here: `folkmoot up --port 8080`.
const zone = process.env["FOLKMOOT_URL"] ?? "http://127.0.0.1:8080";

const here = (path: string) => new URL(path, import.meta.url).pathname;
const excalidraw = new URL("node_modules/@excalidraw/excalidraw/", import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("package.json", excalidraw), "utf8")) as {
  version: string;
};

/** Excalidraw asks a foreign host for each font that it does not find; here it finds them all. */
const FOREIGN_FONTS = /return (\w+)\.push\(new URL\(\w+,\w+\.ASSETS_FALLBACK_URL\)\),\1/u;

/** The whiteboard's fonts among the built files, and nowhere else. */
function excalidrawFonts(): Plugin {
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
      const fonts = new URL("dist/prod/fonts", excalidraw);
      cpSync(fonts, `${to}assets/excalidraw-${version}/fonts`, { recursive: true });
    },
  };
}

export default defineConfig({
  plugins: [react(), excalidrawFonts()],
  define: { EXCALIDRAW_VERSION: JSON.stringify(version) },
  // Diagrams from text are hidden on the board: two megabytes that nobody could reach.
  resolve: {
    alias: {
      "@excalidraw/mermaid-to-excalidraw": here("src/board/noDiagrams.ts"),
    },
  },
  build: {
    outDir: "../src/folkmoot/web_dist",
    emptyOutDir: true,
    // The polyfill is an inline script, which the page's CSP refuses.
    modulePreload: { polyfill: false },
    // The largest holds what cuts fonts for an SVG of the whiteboard, loaded when one is made.
    chunkSizeWarningLimit: 1_900,
  },
  server: {
    proxy: {
      "/api": zone,
      "/s/": { target: zone.replace(/^http/, "ws"), ws: true },
    },
  },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    environment: "jsdom",
    passWithNoTests: true,
    testTimeout: 30_000, // a form filled in key by key takes seconds on a busy machine
  },
});
