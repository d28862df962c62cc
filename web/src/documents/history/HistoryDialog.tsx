/** A document's past: its versions, what each holds and who wrote it, and the way back to one. */
import type { Conference, DocumentVersion } from "@folkmoot/client";
import { Button, Group, Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowLeft, IconPencil, IconRestore, IconTag } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import { clock, day } from "../../lib/time";
import { useObservable } from "../../session/hooks";
import { ConfirmDialog } from "../../talk/ConfirmDialog";
import { Refusal } from "../../talk/Refusal";
import { useOperation } from "../../talk/useOperation";
import { useAnnounce } from "../../ui/announce";
import { Loading } from "../../ui/Loading";
import { NameForm } from "./NameForm";
import { VersionPreview } from "./Preview";
import { useHistory } from "./useHistory";
import { VersionList } from "./VersionList";

export interface HistoryDialogProps {
  conference: Conference;
  document: string;
  title: string;
  /** The document as it is. */
  ydoc: Y.Doc | null;
  /** May keep, name and go back. */
  editable: boolean;
  onClose: () => void;
}

const NARROW = "(max-width: 47.99em)";

function useTitleOf() {
  const { t, i18n } = useTranslation();
  return ({ name, timeMs }: DocumentVersion) => {
    const when = t("history.when", {
      day: day(timeMs, i18n.language),
      time: clock(timeMs, i18n.language),
    });
    return name === "" ? when : name;
  };
}

interface ActionsProps {
  conference: Conference;
  document: string;
  version: DocumentVersion;
  title: string;
  restoring: boolean;
  onRestored: (before: string) => void;
}

function Actions({ conference, document, version, title, restoring, onRestored }: ActionsProps) {
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  const [open, setOpen] = useState<"name" | "restore">();
  const close = () => setOpen(undefined);
  if (open === "name") {
    return (
      <NameForm
        conference={conference}
        label={t("history.nameOf", { title })}
        name={version.name}
        mayBeEmpty={version.name !== ""}
        onName={(name) => conference.library.nameVersion(document, version.id, name)}
        onDone={close}
      />
    );
  }
  const restore = async () => {
    close();
    if (await run(conference.library.restoreVersion(document, version.id))) onRestored(title);
  };
  return (
    <>
      <Group gap="xs" justify="flex-end">
        <Button size="xs" variant="default" onClick={() => setOpen("name")}
          leftSection={<IconPencil size={15} stroke={1.7} aria-hidden="true" />}>
          {t(version.name === "" ? "history.name" : "history.rename")}
        </Button>
        <Button size="xs" loading={busy || restoring} onClick={() => setOpen("restore")}
          leftSection={<IconRestore size={15} stroke={1.7} aria-hidden="true" />}>
          {t("history.restoreIt")}
        </Button>
      </Group>
      <Refusal error={error} />
      <ConfirmDialog
        opened={open === "restore"}
        title={t("history.restoreIt")}
        text={t("history.restoreSure", { title })}
        onConfirm={() => void restore()}
        onClose={close}
      />
    </>
  );
}

/** Says that a restoring was done, and offers the way back from it. */
function Restored({ text, onUndo }: { text: string; onUndo: (() => void) | undefined }) {
  const { t } = useTranslation();
  return (
    <output className="fm-history-done">
      <span>{text}</span>
      {onUndo && (
        <Button size="compact-sm" variant="subtle" onClick={onUndo}>{t("history.undo")}</Button>
      )}
    </output>
  );
}

function History(props: Omit<HistoryDialogProps, "title">) {
  const { conference, document, ydoc, editable } = props;
  const { t } = useTranslation();
  const announce = useAnnounce();
  const titleOf = useTitleOf();
  const { history, error, failed, again } = useHistory(conference, document);
  const away = useObservable(conference.servicesAway).includes("documents");
  const narrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false }) ?? false;
  const [chosen, setChosen] = useState("");
  const [keeping, setKeeping] = useState(false);
  const [restored, setRestored] = useState<string>();
  const { run } = useOperation(conference);
  const restoring = history?.restoring != null;
  const versions = history?.versions ?? [];
  const last = versions.at(-1);
  useEffect(() => {
    // What came last is looked at first; a small screen shows the list first.
    if (!narrow && last !== undefined) setChosen((before) => (before === "" ? last.id : before));
  }, [narrow, last]);
  const version = versions.find(({ id }) => id === chosen);
  const done = restored !== undefined && !restoring && failed === "";
  useEffect(() => {
    if (done) announce(t("history.restored", { title: restored }));
  }, [done, restored, announce, t]);

  if (history === null) {
    return error === null ? (
      <Loading text={t("history.loading")} />
    ) : (
      <div className="fm-history-failed" role="alert">
        <p>{t("history.unreadable", { reason: error })}</p>
        <Button variant="default" size="xs" onClick={again}>{t("history.again")}</Button>
      </div>
    );
  }
  const before = versions.findLast(({ reason }) => reason === "restore");
  const undo = before && editable
    ? () => {
        setRestored(titleOf(before));
        void run(conference.library.restoreVersion(document, before.id));
      }
    : undefined;
  const list = (
    <div className="fm-history-list">
      {editable && !keeping && (
        <Button variant="light" size="xs" fullWidth onClick={() => setKeeping(true)}
          leftSection={<IconTag size={15} stroke={1.7} aria-hidden="true" />}>
          {t("history.keepNow")}
        </Button>
      )}
      {keeping && (
        <NameForm
          conference={conference}
          label={t("history.nameNow")}
          name=""
          mayBeEmpty={false}
          onName={(name) => conference.library.keepVersion(document, name)}
          onDone={() => setKeeping(false)}
        />
      )}
      {away && <p className="fm-history-note">{t("history.away")}</p>}
      {versions.length === 0 && history.wanted.length === 0 && (
        <p className="fm-history-note">{t("history.empty")}</p>
      )}
      <VersionList versions={versions} wanted={history.wanted} chosen={chosen}
        onChoose={setChosen} />
    </div>
  );
  return (
    <>
      {restoring && <output className="fm-history-done">{t("history.restoring")}</output>}
      {done && <Restored text={t("history.restored", { title: restored })} onUndo={undo} />}
      {restored !== undefined && failed !== "" && (
        <p className="fm-alert" role="alert">{t("history.restoreFailed", { reason: failed })}</p>
      )}
      <div className="fm-history" data-narrow={narrow || undefined}>
        {(!narrow || version === undefined) && list}
        {version !== undefined && (
          <div className="fm-history-shown">
            <div className="fm-history-head">
              {narrow && (
                <Button size="compact-sm" variant="subtle" onClick={() => setChosen("")}
                  leftSection={
                    <IconArrowLeft size={15} className="fm-flip" aria-hidden="true" />
                  }>
                  {t("history.versions")}
                </Button>
              )}
              {editable && (
                <Actions key={version.id} conference={conference} document={document}
                  version={version} title={titleOf(version)} restoring={restoring}
                  onRestored={setRestored} />
              )}
            </div>
            <VersionPreview key={version.id} conference={conference} document={document}
              version={version.id} title={titleOf(version)} now={ydoc} />
          </div>
        )}
      </div>
    </>
  );
}

export default function HistoryDialog({ title, onClose, ...rest }: HistoryDialogProps) {
  const { t } = useTranslation();
  const narrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false }) ?? false;
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("history.title", { title })}
      centered
      size="72rem"
      fullScreen={narrow}
      classNames={{ content: "fm-history-dialog" }}
      closeButtonProps={{ "aria-label": t("room.close") }}
    >
      <History {...rest} onClose={onClose} />
    </Modal>
  );
}
