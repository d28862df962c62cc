import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// A zone under development answers here: `folkmoot up --port 8080`.
const zone = process.env["FOLKMOOT_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/folkmoot/web_dist",
    emptyOutDir: true,
    // The polyfill is an inline script, which the page's CSP refuses.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
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
