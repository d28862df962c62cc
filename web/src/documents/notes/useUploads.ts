/** The pictures on their way into one document, whatever happens to its editor. */
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";

import { refusalOf, sentenceOf } from "../../session/sentence";
import type { Pictures } from "./pictures";
import { ImageUploads } from "./uploads";

export function useUploads(pictures: Pictures | null): ImageUploads {
  const { t, i18n } = useTranslation();
  const words = {
    refused: (reason: "notPicture" | "vector" | "tooLarge" | "unreadable", name: string) =>
      t(`notes.image.${reason}`, { name }),
    failed: (error: unknown, name: string) =>
      t("notes.image.failed", { name, reason: sentenceOf(i18n, refusalOf(error)) }),
  };
  const now = useRef({ pictures, words });
  now.current = { pictures, words };
  const uploads = useMemo(
    () =>
      new ImageUploads(
        () => {
          const { pictures: store } = now.current;
          if (store === null) throw new Error("The room takes no files.");
          return store;
        },
        () => now.current.words,
      ),
    [now],
  );
  useEffect(() => () => uploads.destroy(), [uploads]);
  return uploads;
}
