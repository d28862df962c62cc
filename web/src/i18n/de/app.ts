import type { Translation } from "../en";

export const app: Translation["app"] = {
  name: "Folkmoot",
  skip: "Zum Inhalt springen",
  theme: {
    title: "Darstellung",
    label: "Darstellung: {{mode}}",
    auto: "Wie auf diesem Gerät",
    light: "Hell",
    dark: "Dunkel",
  },
  language: "Sprache",
  loading: "Lädt…",
};
