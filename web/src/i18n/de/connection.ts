import type { Translation } from "../en";

export const connection: Translation["connection"] = {
  connecting: "Verbindet…",
  connected: "Verbunden",
  reconnected: "Wieder verbunden",
  reconnecting: "Verbindet neu…",
  paused: "Speichern pausiert",
  takenOver: "Anderswo offen",
  closed: "Nicht verbunden",
  title: "Verbindung",
  server: "Server",
  noServer: "keiner",
  work: "Deine Arbeit",
  waiting_one: "{{count}} Änderung noch nicht gespeichert",
  waiting_other: "{{count}} Änderungen noch nicht gespeichert",
  nothingWaiting: "Alles ist gespeichert",
  helpConnecting: "Die Seite sucht einen Server für diesen Raum.",
  helpConnected: "Was du tust, erreicht die anderen sofort und ist gespeichert.",
  helpReconnected: "Der Server hat gewechselt. Nichts ging verloren, du kannst einfach weitermachen.",
  helpReconnecting:
    "Schreib ruhig weiter. Was du tippst, bleibt auf diesem Gerät und wird gesendet, sobald ein Server antwortet.",
  helpPaused:
    "Die anderen sehen vielleicht, was du schreibst, aber es lässt sich gerade nicht speichern. Es bleibt hier, bis es gespeichert ist.",
  helpTakenOver: "Diese Sitzung läuft in einem anderen Fenster weiter.",
  helpClosed: "Diese Sitzung ist beendet.",
  notKept:
    "Dieser Browser kann Ungesendetes nicht aufheben (sein Speicher ist voll oder abgeschaltet). Lass diesen Tab offen, bis alles gespeichert ist.",
  announceReconnecting: "Verbindung verloren, verbindet neu.",
  announceReconnected: "Wieder verbunden. Nichts ging verloren.",
  announcePaused: "Speichern pausiert. Deine Arbeit bleibt in diesem Browser.",
  announceResumed: "Speichern geht wieder.",
};
