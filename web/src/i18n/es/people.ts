import type { Translation } from "../en";

export const people: Translation["people"] = {
  count_one: "{{count}} persona aquí",
  count_other: "{{count}} personas aquí",
  you: "tú",
  host: "Anfitrión",
  here: "Aquí",
  away: "Ausente",
  list: "Personas en esta sala",
  alone: "Aún no hay nadie más. Copia el enlace y envíalo a los demás.",
  tall: "Mostrar más de la lista",
};
