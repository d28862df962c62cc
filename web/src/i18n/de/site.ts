import type { Translation } from "../en";

export const site: Translation["site"] = {
  insecureTitle: "Diese Verbindung ist nicht verschlüsselt.",
  insecureText: "Andere im Netz könnten mitlesen oder in deinem Namen handeln.",
};
