/** Sets up i18next: the languages, how one is chosen, and the typed keys. */
import i18next, { changeLanguage, dir, use } from "i18next";
import { initReactI18next } from "react-i18next";

import { read, write } from "../lib/storage";
import { de } from "./de";
import { en } from "./en";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const STORED = "folkmoot.language";

export function isLanguage(value: string): value is Language {
  return value in LANGUAGES;
}

/** The language a person chose here before, else the first of the browser's that we have. */
function detect(): Language {
  const wanted = [read(STORED) ?? "", ...navigator.languages];
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split("-")[0] ?? "";
    if (isLanguage(primary)) return primary;
  }
  return "en";
}

export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "en";
}

export async function chooseLanguage(language: Language): Promise<void> {
  write(STORED, language);
  await changeLanguage(language);
}

export async function startLanguages(language: Language = detect()): Promise<void> {
  i18next.on("languageChanged", (now) => {
    document.documentElement.lang = now;
    document.documentElement.dir = dir(now);
  });
  await use(initReactI18next).init({
    lng: language,
    fallbackLng: "en",
    resources: { en: { translation: en }, de: { translation: de } },
    interpolation: { escapeValue: false }, // React escapes
  });
}

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}
