/** Asks for the title of a new document and makes it. */
import type { Conference, DocumentKind } from "@folkmoot/client";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { freeTitle, type Item, newDocumentId } from "./model";
import { TitleDialog } from "./TitleDialog";
import { useTitles } from "./useTitles";

interface NewDocumentProps {
  conference: Conference;
  kind: DocumentKind;
  items: readonly Item[];
  onMade: (key: string) => void;
  onClose: () => void;
}

const NAMES = {
  rich: { base: "room.notes", heading: "stage.newNotes" },
  text: { base: "room.pad", heading: "stage.newPad" },
  board: { base: "stage.board", heading: "stage.newBoard" },
} as const satisfies Record<DocumentKind, object>;

export function NewDocument({ conference, kind, items, onMade, onClose }: NewDocumentProps) {
  const { t } = useTranslation();
  const titleOf = useTitles();
  const { base, heading } = NAMES[kind];
  const [id] = useState(() => newDocumentId((bytes) => crypto.getRandomValues(bytes)));
  const [title] = useState(() =>
    freeTitle(t(base), items.map((item) => ({ ...item, title: titleOf(item) }))),
  );
  return (
    <TitleDialog
      conference={conference}
      heading={t(heading)}
      confirm={t("stage.create")}
      title={title}
      onTitle={(wanted) => conference.createDocument(id, kind, wanted)}
      onDone={() => {
        onMade(id);
        onClose();
      }}
      onClose={onClose}
    />
  );
}
