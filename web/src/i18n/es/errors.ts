import type { Translation } from "../en";

export const errors: Translation["errors"] = {
  unreachable: "No se puede llegar al servidor. Comprueba tu conexión e inténtalo de nuevo.",
  rate: "Desde esta dirección se crearon salas o se entró en ellas demasiadas veces. Espera un minuto e inténtalo de nuevo.",
  server: "El servidor no pudo hacerlo ahora. Inténtalo de nuevo en un momento.",
  busy: "La sala no se puede abrir ahora. Inténtalo de nuevo en un momento.",
  boundaryTitle: "Esta página dejó de funcionar",
  boundaryText:
    "No se pierde nada de lo que escribiste: está en este navegador y se envía cuando la página vuelva.",
  boundaryDetails: "Detalles técnicos",
  reload: "Recargar la página",
  editorTitle: "No se pudo mostrar el editor",
};
