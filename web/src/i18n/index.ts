/** Sets up i18next: the languages, how one is chosen and loaded, and the typed keys. */
import i18next, { changeLanguage, dir, use } from "i18next";
import { initReactI18next } from "react-i18next";

import { patiently } from "../lib/lazily";
import { read, write } from "../lib/storage";
import { en, type Translation } from "./en";

export const LANGUAGES = { en: "English", de: "Deutsch", es: "Español", zh: "中文" } as const;
export type Language = keyof typeof LANGUAGES;

/** English comes with the page: it stands in when another language cannot be loaded. */
const OTHERS: Record<Exclude<Language, "en">, () => Promise<Translation>> = {
  de: async () => (await import("./de")).de,
  es: async () => (await import("./es")).es,
  zh: async () => (await import("./zh")).zh,
};

/** What the page says of its language: the script decides about the shape of the letters. */
const TAGS: Partial<Record<string, string>> = { zh: "zh-Hans" };

const STORED = "folkmoot.language";

export function isLanguage(value: string): value is Language {
  return Object.hasOwn(LANGUAGES, value);
}

export function tagOf(language: string): string {
  return TAGS[language] ?? language;
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;

/** Names and texts of people, fenced where they would turn the sentence around them. */
export function isolated(value: string): string {
  const turns = RIGHT_TO_LEFT.test(value) || (document.dir === "rtl" && /\p{L}/u.test(value));
  return turns ? `\u2068${value}\u2069` : value;
}

/** The language a person chose here before, else the first of the browser's that we have. */
export function detect(): Language {
  for (const tag of [read(STORED) ?? "", ...navigator.languages]) {
    const primary = tag.toLowerCase().split("-")[0] ?? "";
    if (isLanguage(primary)) return primary;
  }
  return "en";
}

export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "en";
}

let wanted: Language = "en";

/** Shows a language once its sentences are here; one chosen meanwhile goes first. */
async function become(language: Language, tries: typeof patiently): Promise<void> {
  wanted = language;
  if (language !== "en" && !i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", await tries(OTHERS[language]));
  }
  if (wanted === language) await changeLanguage(language);
}

/** Errors: none; a language that does not come now is there at the next visit. */
export async function chooseLanguage(language: Language): Promise<void> {
  write(STORED, language);
  await become(language, patiently).catch(() => undefined);
}

/** Returns when the page can be drawn in its language, so that no other one is seen before. */
export async function startLanguages(language: Language = detect()): Promise<void> {
  i18next.on("languageChanged", (now) => {
    document.documentElement.lang = tagOf(now);
    document.documentElement.dir = dir(now);
  });
  await use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: en } },
    interpolation: { escapeValue: true, escape: isolated }, // React escapes
  });
  // A page in English is better than none: then the language follows when it comes.
  await become(language, (load) => load()).catch(
    () => void become(language, patiently).catch(() => undefined),
  );
}

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}
