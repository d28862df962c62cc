/** Where Excalidraw finds its fonts: among the page's own files. Imported before Excalidraw. */
declare global {
  interface Window {
    EXCALIDRAW_ASSET_PATH?: string;
    EXCALIDRAW_THROTTLE_RENDER?: boolean;
  }
}

/** Written by `vite.config.ts`. */
window.EXCALIDRAW_ASSET_PATH = `${import.meta.env.BASE_URL}assets/excalidraw-${__EXCALIDRAW__}/`;
/** At most one drawing for each frame of the screen. */
window.EXCALIDRAW_THROTTLE_RENDER = true;

export {};
