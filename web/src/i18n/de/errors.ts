import type { Translation } from "../en";

export const errors: Translation["errors"] = {
  unreachable: "Der Server ist nicht erreichbar. Prüfe deine Verbindung und versuche es noch einmal.",
  rate: "Von dieser Adresse wurden zu viele Räume eröffnet oder betreten. Warte eine Minute und versuche es noch einmal.",
  server: "Der Server konnte das gerade nicht tun. Versuche es gleich noch einmal.",
  busy: "Der Raum lässt sich gerade nicht öffnen. Versuche es gleich noch einmal.",
  boundaryTitle: "Diese Seite funktioniert nicht mehr",
  boundaryText:
    "Nichts Getipptes ist verloren: Es liegt in diesem Browser und wird gesendet, sobald die Seite wieder da ist.",
  boundaryDetails: "Technische Einzelheiten",
  reload: "Seite neu laden",
  editorTitle: "Der Editor konnte nicht angezeigt werden",
};
