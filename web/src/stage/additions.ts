/** What this person may add to the stage now. */
import type { DocumentKind } from "@folkmoot/client";
import {
  IconChalkboard,
  IconFileText,
  IconNotes,
  IconPresentation,
  IconTrash,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Closed } from "../people/closed";
import { KINDS } from "./kinds";

export interface Addition {
  readonly name: string;
  readonly Icon: typeof IconNotes;
  readonly text: string;
  readonly add: () => void;
}

interface Ways {
  /** Makes a document of this kind. */
  onNew: (kind: DocumentKind) => void;
  /** Picks files that become slides; undefined for those who may not. */
  onSlides: (() => void) | undefined;
  /** Shows what was removed; undefined when there is nothing to bring back. */
  onRemoved: (() => void) | undefined;
}

const DOCUMENTS = [
  { kind: "rich", Icon: IconNotes, text: "stage.newNotes" },
  { kind: "text", Icon: IconFileText, text: "stage.newPad" },
  { kind: "board", Icon: IconChalkboard, text: "stage.newBoard" },
] as const satisfies readonly { kind: DocumentKind; Icon: typeof IconNotes; text: string }[];

export function useAdditions(closed: Closed, { onNew, onSlides, onRemoved }: Ways): Addition[] {
  const { t } = useTranslation();
  const additions: Addition[] = [];
  for (const { kind, Icon, text } of DOCUMENTS) {
    const setting = KINDS.get(kind)?.setting;
    if (setting === undefined || closed(setting) !== undefined) continue;
    additions.push({ name: kind, Icon, text: t(text), add: () => onNew(kind) });
  }
  if (onSlides !== undefined) {
    const text = t("slides.upload.add");
    additions.push({ name: "deck", Icon: IconPresentation, text, add: onSlides });
  }
  if (onRemoved !== undefined) {
    const text = t("stage.removed");
    additions.push({ name: "removed", Icon: IconTrash, text, add: onRemoved });
  }
  return additions;
}
