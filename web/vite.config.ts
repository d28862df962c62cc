import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import {
  excalidrawFonts,
  excalidrawHistory,
  excalidrawLanguages,
  version,
} from "./build/excalidraw";

// A zone under development answers here: `folkmoot up --port 8080`.
const zone = process.env["FOLKMOOT_URL"] ?? "http://127.0.0.1:8080";

const here = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  plugins: [react(), excalidrawFonts(), excalidrawLanguages(), excalidrawHistory()],
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
