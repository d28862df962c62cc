import type { Translation } from "../en";

export const documents: Translation["documents"] = {
  notesLabel: "Gemeinsame Notizen",
  padLabel: "Gemeinsamer Text",
  notesPlaceholder: "Schreibt zusammen Notizen. Alle im Raum sehen sie sofort.",
  padPlaceholder: "Einfacher Text für alle im Raum.",
  saved: "Gespeichert",
  saving: "Speichert…",
  waiting: "Hier behalten, später gespeichert",
  failed: "Eine Änderung wurde nicht gespeichert",
  loading: "Öffnet…",
  others_one: "{{count}} weitere Person ist hier",
  others_other: "{{count}} weitere Personen sind hier",
  copies: "Kopien von „{{title}}“",
  copied: "Kopiert",
  copy_rich: "Als Markdown kopieren",
  copy_text: "Text kopieren",
  print: "Drucken",
  toolbar: "Textstil",
  readOnly: "Bis dieses Fenster wieder verbunden ist, kannst du nur lesen.",
};
