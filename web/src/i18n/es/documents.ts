import type { Translation } from "../en";

export const documents: Translation["documents"] = {
  notesLabel: "Notas compartidas",
  padLabel: "Texto sin formato compartido",
  notesPlaceholder: "Escribid notas juntos. Todos los de la sala las ven al momento.",
  padPlaceholder: "Texto sin formato para todos los de la sala.",
  saved: "Guardado",
  saving: "Guardando…",
  waiting: "Conservado aquí, se guarda después",
  failed: "Un cambio no se guardó",
  loading: "Abriendo…",
  others_one: "{{count}} persona más está aquí",
  others_other: "{{count}} personas más están aquí",
  copies: "Copias de «{{title}}»",
  copied: "Copiado",
  copy_rich: "Copiar como Markdown",
  copy_text: "Copiar el texto",
  print: "Imprimir",
  toolbar: "Estilo del texto",
  readOnly: "Solo se puede leer hasta que esta ventana vuelva a estar conectada.",
};
