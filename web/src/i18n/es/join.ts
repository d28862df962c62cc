import type { Translation } from "../en";

export const join: Translation["join"] = {
  heading: "Entrar en «{{title}}»",
  headingPlain: "Entrar en la sala",
  nameLabel: "Tu nombre",
  nameHint: "Los demás lo ven junto a lo que escribes.",
  nameMissing: "Escribe el nombre que deben ver los demás.",
  nameTooLong: "Un nombre puede tener como máximo {{max}} caracteres.",
  submit: "Entrar",
  submitting: "Entrando…",
  asHost: "Entras como anfitrión.",
  unknown: "No existe esa sala. Comprueba el enlace.",
  unknownHint:
    "Los enlaces se cortan con facilidad al copiarlos. Pídelo otra vez o abre una sala propia.",
  home: "Ir a la página de inicio",
  again: "Intentar de nuevo",
  looking: "Buscando la sala…",
};
