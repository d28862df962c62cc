/** What can be done with a document besides writing in it: its history, copies, paper. */
import { RICH_FIELD, TEXT_FIELD, type Conference } from "@folkmoot/client";
import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import {
  IconCheck,
  IconDownload,
  IconHistory,
  IconMarkdown,
  IconPrinter,
} from "@tabler/icons-react";
import { Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import { lazily } from "../lib/lazily";
import { useCopy } from "../ui/useCopy";
import type { HistoryDialogProps } from "./history/HistoryDialog";
import { markdownOf, partsOf } from "./notes/markdown";
import { printed } from "./print";

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

export function DocumentActions(props: DocumentActionsProps) {
  const { conference, document, kind, title, ydoc, editable } = props;
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  const [history, setHistory] = useState(false);
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
          onClick={() => setHistory(true)}>
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
          <Menu.Item leftSection={<IconPrinter {...icon} />} closeMenuOnClick
            onClick={() => setTimeout(() => window.print(), 150)}>
            {t("documents.print")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {history && (
        <Suspense fallback={null}>
          <HistoryDialog conference={conference} document={document} title={title} ydoc={ydoc}
            editable={editable} onClose={() => setHistory(false)} />
        </Suspense>
      )}
    </span>
  );
}
