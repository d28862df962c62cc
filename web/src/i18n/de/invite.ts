import type { Translation } from "../en";

export const invite: Translation["invite"] = {
  open: "Jemanden namentlich einladen",
  text:
    "Der Link ist für eine Person: Sie bekommt die Rolle, die du wählst, der Name wird ihr vorgeschlagen, und sie kommt ohne Vorraum und Kennwort herein.",
  name: "Name der Person",
  role: "Rolle der Person",
  make: "Link erstellen",
  link: "Link für {{name}}",
  copy: "Kopieren",
  copied: "Kopiert",
  failed: "Der Link konnte nicht erstellt werden: {{reason}}",
};
