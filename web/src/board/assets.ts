/** Where Excalidraw finds its fonts: among the page's own files. Imported before Excalidraw. */
declare global {
  /** Excalidraw's version, by `vite.config.ts`. */
  const EXCALIDRAW_VERSION: string;

  interface Window {
    EXCALIDRAW_ASSET_PATH?: string;
    EXCALIDRAW_THROTTLE_RENDER?: boolean;
  }
}

/** Copied there by `vite.config.ts`. */
export const ASSET_PATH = `${import.meta.env.BASE_URL}assets/excalidraw-${EXCALIDRAW_VERSION}/`;
window.EXCALIDRAW_ASSET_PATH = ASSET_PATH;
/** At most one drawing for each frame of the screen. */
window.EXCALIDRAW_THROTTLE_RENDER = true;
