import type { Translation } from "../en";

export const closed: Translation["closed"] = {
  suspended: "El anfitrión ha suspendido las actividades.",
  chat: "Los anfitriones han cerrado el chat para tu papel. A ellos sí puedes escribirles.",
  private_chat: "Los anfitriones han cerrado los mensajes privados para tu papel.",
  notes: "Los anfitriones han cerrado las notas para tu papel. Puedes leerlas.",
  polls: "Los anfitriones han cerrado el voto para tu papel.",
  questions: "Los anfitriones han cerrado las preguntas para tu papel.",
  hand: "Los anfitriones han cerrado levantar la mano para tu papel.",
  reactions: "Los anfitriones han cerrado las reacciones para tu papel.",
  rename: "Los anfitriones han cerrado el cambio de nombre para tu papel.",
  see_people: "Los anfitriones han cerrado la lista para tu papel: los ves a ellos y a ti.",
  export: "Los anfitriones han cerrado las exportaciones para tu papel.",
  whiteboard: "Los anfitriones han cerrado la pizarra para tu papel. Puedes verla.",
  files: "Los anfitriones no han abierto el compartir archivos a tu papel. Puedes descargar lo que hay.",
  annotate: "Solo quienes presentan dibujan en las diapositivas, salvo que los anfitriones lo abran a más.",
};
