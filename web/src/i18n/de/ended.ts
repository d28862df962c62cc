import type { Translation } from "../en";

export const ended: Translation["ended"] = {
  takenOverTitle: "Du hast in einem anderen Fenster weitergemacht",
  takenOverText: "Dieses Fenster ruht, damit nichts doppelt gesendet wird. Du kannst stattdessen hier weitermachen.",
  takenOverAction: "Hier weitermachen",
  leftTitle: "Du hast „{{title}}“ verlassen",
  leftText: "Was dort gesagt und geschrieben wurde, bleibt für die anderen. Mit dem Link kannst du zurückkommen.",
  closedTitle: "Die Verbindung ist beendet",
  joinAgain: "Wieder beitreten",
  reload: "Seite neu laden",
};
