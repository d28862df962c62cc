import type { Translation } from "../en";

export const invite: Translation["invite"] = {
  open: "Invitar a alguien por su nombre",
  text:
    "El enlace es para una sola persona: le da el papel que elijas, le propone el nombre, y entra sin sala de espera ni contraseña.",
  name: "Su nombre",
  role: "Su papel",
  make: "Crear el enlace",
  link: "Enlace para {{name}}",
  copy: "Copiar",
  copied: "Copiado",
  failed: "No se pudo crear el enlace: {{reason}}",
};
