/** What this person may add to the stage now. */
import { IconFileText, IconNotes } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Closed } from "../people/closed";

export interface Addition {
  readonly name: string;
  readonly Icon: typeof IconNotes;
  readonly text: string;
  readonly add: () => void;
}

/** Shape: `onNew` asks for the title of a document of this kind. */
export function useAdditions(closed: Closed, onNew: (kind: "rich" | "text") => void): Addition[] {
  const { t } = useTranslation();
  if (closed("notes") !== undefined) return [];
  return [
    { name: "rich", Icon: IconNotes, text: t("stage.newNotes"), add: () => onNew("rich") },
    { name: "text", Icon: IconFileText, text: t("stage.newPad"), add: () => onNew("text") },
  ];
}
