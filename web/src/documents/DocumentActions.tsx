/** What can be done with a document besides writing in it: its history, copies, paper. */
import { RICH_FIELD, TEXT_FIELD, type Conference } from "@folkmoot/client";
import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import {
  IconCheck,
  IconDownload,
  IconFileExport,
  IconHistory,
  IconMarkdown,
  IconPrinter,
} from "@tabler/icons-react";
import { memo, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import type { DocumentExportsProps } from "../export/DocumentExports";
import { lazily } from "../lib/lazily";
import { useCopy } from "../ui/useCopy";
import type { HistoryDialogProps } from "./history/HistoryDialog";
import { markdownOf, partsOf } from "./notes/markdown";
import { printed } from "./print";

const DocumentExports = lazily<DocumentExportsProps>(() => import("../export/DocumentExports"));
const HistoryDialog = lazily<HistoryDialogProps>(() => import("./history/HistoryDialog"));

export type TextKind = "rich" | "text";

interface DocumentActionsProps {
  conference: Conference;
  document: string;
  kind: TextKind;
  title: string;
  ydoc: Y.Doc;
  editable: boolean;
}

/** Drawn anew only for what it is given: each key changes what is said of saving, beside it. */
export const DocumentActions = memo(function DocumentActions(props: DocumentActionsProps) {
  const { conference, document, kind, title, ydoc, editable } = props;
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  const [open, setOpen] = useState<"history" | "export">();
  const close = () => setOpen(undefined);
  // Paper by the browser's own menu is to look like paper by ours.
  useEffect(() => printed(kind, title, ydoc), [kind, title, ydoc]);
  const text = () =>
    kind === "rich"
      ? markdownOf(partsOf(ydoc.getXmlFragment(RICH_FIELD)))
      : ydoc.getText(TEXT_FIELD).toString();
  const icon = { size: 17, stroke: 1.7, "aria-hidden": true } as const;
  return (
    <span className="fm-document-actions">
      <Tooltip label={t("history.open")} openDelay={400}>
        <ActionIcon variant="subtle" color="gray" aria-label={t("history.open")}
          onClick={() => setOpen("history")}>
          <IconHistory size={18} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Tooltip>
      <Menu position="bottom-end" shadow="md" width={250} withInitialFocusPlaceholder={false}
        closeOnItemClick={false}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t("documents.copies", { title })}
            title={t("documents.copies", { title })}>
            <IconDownload size={18} stroke={1.8} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={copied ? <IconCheck {...icon} /> : <IconMarkdown {...icon} />}
            onClick={() => void copy(text())}
          >
            {copied ? t("documents.copied") : t(`documents.copy_${kind}`)}
          </Menu.Item>
          <Menu.Item leftSection={<IconFileExport {...icon} />} closeMenuOnClick
            onClick={() => setOpen("export")}>
            {t("documents.export")}
          </Menu.Item>
          <Menu.Item leftSection={<IconPrinter {...icon} />} closeMenuOnClick
            onClick={() => setTimeout(() => window.print(), 150)}>
            {t("documents.print")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Suspense fallback={null}>
        {open === "history" && (
          <HistoryDialog conference={conference} document={document} kind={kind} title={title}
            ydoc={ydoc} editable={editable} onClose={close} />
        )}
        {open === "export" && (
          <DocumentExports conference={conference} document={document} kind={kind} title={title}
            onClose={close} />
        )}
      </Suspense>
    </span>
  );
});
