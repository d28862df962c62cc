import type { Translation } from "../en";

export const home: Translation["home"] = {
  heading: "Reunirse, hablar y escribir juntos",
  lead: "Un enlace, sin cuenta. Todo lo que escribes se conserva, aunque falle un servidor.",
  titleLabel: "¿De qué trata la sala?",
  titlePlaceholder: "Planificación semanal",
  start: "Abrir una sala",
  starting: "Abriendo…",
  titleMissing: "Pon un título a la sala para que los demás sepan de qué trata.",
  titleTooLong: "Un título puede tener como máximo {{max}} caracteres.",
  recent: "Salas recientes en este dispositivo",
  host: "Anfitrión",
  opened: "Abierta {{when}}",
  forget: "Quitar {{title}} de esta lista",
  document: "Folkmoot: reunirse, hablar y escribir juntos",
};
