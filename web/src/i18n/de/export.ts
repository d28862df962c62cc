import type { Translation } from "../en";

export const exporting: Translation["export"] = {
  title: "Chat und Notizen exportieren",
  text: "Eine ZIP-Datei mit dem Chat, den Notizen, dem Pad und den Anwesenden. Sie entsteht nur für dich und lässt sich einen Tag lang herunterladen.",
  formats: "Chat und Personen als",
  markdown: "Markdown, zum Lesen",
  json: "JSON, für Programme",
  start: "Datei erstellen",
  own: "Deine Dateien",
  waiting: "Wartet, bis sie an der Reihe ist…",
  making: "Wird erstellt…",
  makingAgain: "Wird von einem anderen Server noch einmal erstellt…",
  progress: "{{done}} von {{of}} Schritten",
  finished: "Fertig, {{size}}",
  failed: "Sie konnte nicht erstellt werden: {{reason}}",
  download: "Herunterladen",
  again: "Noch einmal versuchen",
  asked: "Angefordert um {{when}}",
  away: "Der Export ist kurz nicht da. Er geht von selbst weiter, und das Treffen ist nicht betroffen.",
};
