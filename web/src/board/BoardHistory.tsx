/** The way to a board's history. */
import { ActionIcon } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import type { HistoryDialogProps } from "../documents/history/HistoryDialog";
import { lazily } from "../lib/lazily";
import { usePlace } from "./context";

const HistoryDialog = lazily<HistoryDialogProps>(
  () => import("../documents/history/HistoryDialog"),
);

export function BoardHistory({ ydoc, editable }: { ydoc: Y.Doc; editable: boolean }) {
  const { conference, id, title } = usePlace();
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <ActionIcon variant="subtle" color="gray" aria-label={t("history.open")}
        title={t("history.open")} onClick={() => setOpen(true)}>
        <IconHistory size={18} stroke={1.7} aria-hidden="true" />
      </ActionIcon>
      <Suspense fallback={null}>
        {open && (
          <HistoryDialog conference={conference} document={id} kind="board" title={title}
            ydoc={ydoc} editable={editable} onClose={() => setOpen(false)} />
        )}
      </Suspense>
    </>
  );
}
