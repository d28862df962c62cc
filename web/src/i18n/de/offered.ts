import type { Translation } from "../en";

export const offered: Translation["offered"] = {
  title: "Diese Änderung ließ sich nicht speichern",
  text: "Das Dokument zeigt, was alle haben. Dein Text steht unten, damit nichts verloren geht: Kopiere ihn und füge ihn wieder ein.",
  label: "Dein Text",
  copy: "Text kopieren",
  done: "Fertig",
  unreadable: "Die Änderung enthielt keinen Text.",
};
