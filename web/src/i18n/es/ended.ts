import type { Translation } from "../en";

export const ended: Translation["ended"] = {
  takenOverTitle: "Seguiste en otra ventana",
  takenOverText:
    "Esta ventana se ha detenido para que nada se envíe dos veces. Puedes seguir aquí si lo prefieres.",
  takenOverAction: "Seguir aquí",
  leftTitle: "Has salido de «{{title}}»",
  leftText: "Lo que se dijo y se escribió allí se queda para los demás. Con el enlace puedes volver.",
  closedTitle: "La conexión ha terminado",
  joinAgain: "Entrar de nuevo",
  reload: "Recargar la página",
};
