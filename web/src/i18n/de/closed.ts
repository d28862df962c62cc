import type { Translation } from "../en";

export const closed: Translation["closed"] = {
  suspended: "Der Gastgeber hat die Aktivitäten angehalten.",
  chat:
    "Die Gastgeber haben den Chat für deine Rolle geschlossen. An die Gastgeber kannst du schreiben.",
  private_chat: "Die Gastgeber haben private Nachrichten für deine Rolle geschlossen.",
  notes: "Die Gastgeber haben die Notizen für deine Rolle geschlossen. Lesen kannst du sie.",
  polls: "Die Gastgeber haben das Abstimmen für deine Rolle geschlossen.",
  questions: "Die Gastgeber haben Fragen für deine Rolle geschlossen.",
  hand: "Die Gastgeber haben Handzeichen für deine Rolle geschlossen.",
  reactions: "Die Gastgeber haben Reaktionen für deine Rolle geschlossen.",
  rename: "Die Gastgeber haben das Umbenennen für deine Rolle geschlossen.",
  see_people: "Die Gastgeber haben die Liste für deine Rolle geschlossen: Du siehst sie und dich.",
  export: "Die Gastgeber haben Exporte für deine Rolle geschlossen.",
  whiteboard: "Die Gastgeber haben das Whiteboard für deine Rolle geschlossen. Du kannst es ansehen.",
  files: "Die Gastgeber haben das Teilen von Dateien für deine Rolle nicht geöffnet. Was da ist, kannst du herunterladen.",
  annotate: "Auf Folien zeichnet nur, wer vorträgt, solange die Gastgeber es nicht mehr Leuten öffnen.",
};
