import type { Translation } from "../en";

export const app: Translation["app"] = {
  name: "Folkmoot",
  skip: "Ir al contenido",
  theme: {
    title: "Apariencia",
    label: "Apariencia: {{mode}}",
    auto: "Como en este dispositivo",
    light: "Clara",
    dark: "Oscura",
  },
  language: "Idioma",
  loading: "Cargando…",
};
