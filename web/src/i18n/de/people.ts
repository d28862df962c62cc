import type { Translation } from "../en";

export const people: Translation["people"] = {
  count_one: "{{count}} Person hier",
  count_other: "{{count}} Personen hier",
  you: "du",
  host: "Gastgeber",
  here: "Da",
  away: "Abwesend",
  list: "Personen in diesem Raum",
  alone: "Noch ist sonst niemand hier. Kopiere den Link und schick ihn den anderen.",
  tall: "Mehr von der Liste zeigen",
};
