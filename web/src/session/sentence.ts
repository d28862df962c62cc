/** The sentence for a code of the server or of a request, in the person's language. */
import type { i18n } from "i18next";

import { reasonOf } from "./reasons";

interface Refusal {
  code?: string;
  message?: string;
  /** HTTP status; 0 or none when no answer came. */
  status?: number;
}

function field(error: unknown, name: string): unknown {
  return typeof error === "object" && error !== null
    ? (error as Record<string, unknown>)[name]
    : undefined;
}

/** What an unknown thrown value tells, read without trusting its type. */
export function refusalOf(error: unknown): Refusal {
  const [code, message, status] = ["code", "message", "status"].map((name) => field(error, name));
  return {
    ...(typeof code === "string" && { code }),
    ...(typeof message === "string" && { message }),
    ...(typeof status === "number" && { status }),
  };
}

function known(i18n: i18n, code: string | undefined): boolean {
  return code !== undefined && i18n.exists(`codes.${code}`);
}

/**
 * The reason that the server gave, where the page has words for it; else the sentence of the code,
 * else the server's own, else that it could not be saved.
 */
export function sentenceOf(i18n: i18n, refusal: Refusal): string {
  const { code, message } = refusal;
  const reason = reasonOf(message ?? "");
  if (reason !== null) return i18n.t(`reasons.${reason.key}`, reason.numbers);
  if (known(i18n, code)) {
    return i18n.t(`codes.${code}` as "codes.unknown");
  }
  return message || i18n.t("codes.unknown");
}

/** For a request over HTTP: says what to do. */
export function requestSentenceOf(i18n: i18n, error: unknown): string {
  const refusal = refusalOf(error);
  const status = refusal.status ?? 0;
  if (status === 0) return i18n.t("errors.unreachable");
  if (status === 429) return i18n.t("errors.rate");
  if (known(i18n, refusal.code)) return sentenceOf(i18n, refusal);
  if (status === 404) return i18n.t("join.unknown");
  if (status === 502 || status === 503 || status === 504) return i18n.t("errors.busy");
  if (status >= 500) return i18n.t("errors.server");
  return sentenceOf(i18n, refusal);
}
