import type { Translation } from "../en";

export const exporting: Translation["export"] = {
  title: "Exportar chat y notas",
  text: "Un archivo ZIP con el chat, las notas, el bloc y quién está aquí. Se hace solo para ti y se puede descargar durante un día.",
  formats: "Chat y personas como",
  markdown: "Markdown, para leer",
  json: "JSON, para programas",
  start: "Crear el archivo",
  own: "Tus archivos",
  waiting: "Espera su turno…",
  making: "Se está creando…",
  makingAgain: "Otro servidor lo está creando de nuevo…",
  progress: "{{done}} de {{of}} pasos",
  finished: "Listo, {{size}}",
  failed: "No se pudo crear: {{reason}}",
  download: "Descargar",
  again: "Intentar de nuevo",
  asked: "Pedido a las {{when}}",
  away: "La exportación no está por un momento. Sigue por sí sola, y la reunión no se ve afectada.",
};
