import type { Translation } from "../en";

export const join: Translation["join"] = {
  heading: "„{{title}}“ beitreten",
  headingPlain: "Dem Raum beitreten",
  nameLabel: "Dein Name",
  nameHint: "Die anderen sehen ihn bei dem, was du schreibst.",
  nameMissing: "Gib den Namen ein, den die anderen sehen sollen.",
  nameTooLong: "Ein Name kann höchstens {{max}} Zeichen haben.",
  submit: "Beitreten",
  submitting: "Tritt bei…",
  asHost: "Du trittst als Gastgeber bei.",
  unknown: "Diesen Raum gibt es nicht. Prüfe den Link.",
  unknownHint: "Links werden beim Kopieren leicht abgeschnitten. Lass ihn dir noch einmal geben oder eröffne selbst einen Raum.",
  home: "Zur Startseite",
  again: "Noch einmal versuchen",
  looking: "Der Raum wird gesucht…",
};
