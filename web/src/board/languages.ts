/** Excalidraw's names for the page's languages; the build leaves its others out. */
import type { Language } from "../i18n";

const NAMES = { de: "de-DE", es: "es-ES", zh: "zh-CN" } as const satisfies Record<
  Exclude<Language, "en">,
  string
>;

export const BOARD_LANGUAGES: readonly string[] = Object.values(NAMES);

export function boardLanguage(language: string): string {
  return (NAMES as Readonly<Record<string, string>>)[language] ?? "en";
}
