import type { Translation } from "../en";

export const offered: Translation["offered"] = {
  title: "Este cambio no se pudo guardar",
  text: "El documento muestra lo que tienen todos. Tu texto está abajo para que no se pierda nada: cópialo y vuelve a ponerlo.",
  label: "Tu texto",
  copy: "Copiar el texto",
  done: "Hecho",
  unreadable: "El cambio no contenía texto.",
};
