import type { Translation } from "../en";

export const stage: Translation["stage"] = {
  add: "Añadir al escenario",
  newNotes: "Notas nuevas",
  newPad: "Bloc nuevo",
  create: "Crear",
  title: "Título",
  titleMissing: "Ponle un título.",
  show: "Mostrar «{{title}}» a todos",
  stop: "Dejar de mostrar",
  shows: "{{name}} muestra «{{title}}»",
  youShow: "Muestras «{{title}}» a todos",
  shownMark: "se muestra a todos",
  goBack: "Volver",
  presenter: "Quien presenta",
};
