import type { Translation } from "../en";

export const home: Translation["home"] = {
  heading: "Zusammenkommen, reden und schreiben",
  lead: "Ein Link, kein Konto. Alles Getippte bleibt erhalten, auch wenn ein Server ausfällt.",
  titleLabel: "Worum geht es in dem Raum?",
  titlePlaceholder: "Wochenplanung",
  start: "Raum eröffnen",
  starting: "Wird eröffnet…",
  titleMissing: "Gib dem Raum einen Titel, damit die anderen wissen, worum es geht.",
  titleTooLong: "Ein Titel kann höchstens {{max}} Zeichen haben.",
  recent: "Letzte Räume auf diesem Gerät",
  host: "Gastgeber",
  opened: "Geöffnet {{when}}",
  forget: "{{title}} aus dieser Liste entfernen",
  document: "Folkmoot: zusammenkommen, reden und schreiben",
};
