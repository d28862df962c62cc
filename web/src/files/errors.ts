/** The sentence for what kept a file from being shared, in the person's language. */
import { FILE_BYTES_MAX } from "@folkmoot/client";
import type { i18n } from "i18next";

import { refusalOf, sentenceOf } from "../session/sentence";
import { sizeOf } from "./kinds";

/** Units: `bytesMax` is the most that such a file may have. */
export function uploadSentence(i18n: i18n, error: unknown, bytesMax = FILE_BYTES_MAX): string {
  const refusal = refusalOf(error);
  const key = `files.refused.${refusal.code ?? ""}`;
  if (refusal.code !== undefined && i18n.exists(key)) {
    const limit = sizeOf(bytesMax, i18n.language);
    return i18n.t(key as "files.refused.too_large", { limit });
  }
  return sentenceOf(i18n, refusal);
}
