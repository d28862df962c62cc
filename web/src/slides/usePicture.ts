/** A page's picture, fetched while it is looked at. */
import type { Conference } from "@folkmoot/client";
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";

import { NO_PICTURE, PageImages, type Picture, type Size } from "./images";

/** The pictures of one deck; let go of with the component. */
export function usePageImages(
  { slides }: Pick<Conference, "slides">,
  deck: string,
): PageImages | null {
  const [images, setImages] = useState<PageImages | null>(null);
  useEffect(() => {
    const made = new PageImages({
      fetch: (page, size) => slides.picture(deck, page, size),
      toUrl: (blob) => URL.createObjectURL(blob),
      letGo: (url) => URL.revokeObjectURL(url),
      after: (ms, then) => void setTimeout(then, ms),
    });
    setImages(made);
    return () => made.destroy();
  }, [slides, deck]);
  return images;
}

export function usePicture(images: PageImages | null, page: number, size: Size): Picture {
  const subscribe = useCallback(
    (listener: () => void) => images?.watch(page, size, listener) ?? (() => undefined),
    [images, page, size],
  );
  return useSyncExternalStore(subscribe, () => images?.get(page, size) ?? NO_PICTURE);
}
