import type { Translation } from "../en";

export const site: Translation["site"] = {
  insecureTitle: "Esta conexión no está cifrada.",
  insecureText: "Otras personas de la red podrían leer lo que escribes o actuar en tu nombre.",
};
