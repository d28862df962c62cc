/** What can be done with a version or a point: named, written as a file, gone back to. */
import type { Conference, DocumentVersion } from "@folkmoot/client";
import { Button, Group } from "@mantine/core";
import { IconFileExport, IconPencil, IconRestore } from "@tabler/icons-react";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import type { DocumentExportsProps } from "../../export/DocumentExports";
import { lazily } from "../../lib/lazily";
import { ConfirmDialog } from "../../talk/ConfirmDialog";
import { Refusal } from "../../talk/Refusal";
import { useOperation } from "../../talk/useOperation";
import { useFocusAfter } from "../../ui/layers";
import { PAST_KINDS } from "./kinds";
import { NameForm } from "./NameForm";

const DocumentExports = lazily<DocumentExportsProps>(() => import("../../export/DocumentExports"));

interface ActionsProps {
  conference: Conference;
  document: string;
  kind: string;
  /** A version, or the position of a point. */
  past: DocumentVersion | number;
  /** The version whose name is that of the point, where it has one. */
  named?: DocumentVersion | undefined;
  /** How it is called in sentences. */
  title: string;
  editable: boolean;
  restoring: boolean;
  onRestored: (title: string) => void;
}

type Open = "name" | "restore" | "export";

function Export({ conference, document, kind, past, title, onClose }:
  Pick<ActionsProps, "conference" | "document" | "kind" | "past" | "title"> & {
    onClose: () => void;
  }) {
  if (kind !== "rich" && kind !== "text") return null;
  const at = typeof past === "number" ? past : past.id;
  return (
    <Suspense fallback={null}>
      <DocumentExports conference={conference} document={document} kind={kind} title={title}
        at={at} onClose={onClose} />
    </Suspense>
  );
}

function Name(props: ActionsProps & { onDone: () => void }) {
  const { conference, document, past, title, onDone } = props;
  const { library } = conference;
  const { t } = useTranslation();
  const version = typeof past === "number" ? props.named : past;
  const before = version?.name ?? "";
  return (
    <NameForm
      conference={conference}
      label={t(version === undefined ? "history.nameAt" : "history.nameOf", { title })}
      name={before}
      mayBeEmpty={before !== ""}
      onName={(name) =>
        version !== undefined ? library.nameVersion(document, version.id, name)
        : library.namePoint(document, past as number, name)}
      onDone={onDone}
    />
  );
}

export function Actions(props: ActionsProps) {
  const { conference, document, kind, past, title, editable, restoring, onRestored } = props;
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const nameButton = useFocusAfter(open === "name");
  if (open === "name") return <Name {...props} onDone={close} />;
  const named = typeof past === "number" ? props.named !== undefined : past.name !== "";
  const restore = async () => {
    close();
    const asked = typeof past === "number"
      ? conference.library.restorePoint(document, past)
      : conference.library.restoreVersion(document, past.id);
    if (await run(asked)) onRestored(title);
  };
  const restoreIt = t(typeof past === "number" ? "history.restorePoint" : "history.restoreIt");
  return (
    <>
      <Group gap="xs" justify="flex-end">
        {editable && (
          <Button ref={nameButton} size="xs" variant="default" onClick={() => setOpen("name")}
            leftSection={<IconPencil size={15} stroke={1.7} aria-hidden="true" />}>
            {t(named ? "history.rename" : "history.name")}
          </Button>
        )}
        {PAST_KINDS[kind]?.exported === true && (
          <Button size="xs" variant="default" onClick={() => setOpen("export")}
            leftSection={<IconFileExport size={15} stroke={1.7} aria-hidden="true" />}>
            {t("history.export")}
          </Button>
        )}
        {editable && (
          <Button size="xs" loading={busy || restoring} onClick={() => setOpen("restore")}
            leftSection={<IconRestore size={15} stroke={1.7} aria-hidden="true" />}>
            {restoreIt}
          </Button>
        )}
      </Group>
      <Refusal error={error} />
      <ConfirmDialog
        opened={open === "restore"}
        title={restoreIt}
        text={t("history.restoreSure", { title })}
        onConfirm={() => void restore()}
        onClose={close}
      />
      {open === "export" && (
        <Export conference={conference} document={document} kind={kind} past={past} title={title}
          onClose={close} />
      )}
    </>
  );
}
