import type { Translation } from "../en";

export const stage: Translation["stage"] = {
  add: "Auf die Bühne stellen",
  newNotes: "Neue Notizen",
  newPad: "Neues Pad",
  create: "Anlegen",
  title: "Titel",
  titleMissing: "Gib einen Titel ein.",
  show: "„{{title}}“ allen zeigen",
  stop: "Nicht mehr zeigen",
  shows: "{{name}} zeigt „{{title}}“",
  youShow: "Du zeigst allen „{{title}}“",
  shownMark: "wird allen gezeigt",
  goBack: "Zurück dorthin",
  presenter: "Jemand",
};
