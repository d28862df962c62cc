/** The versions of a document: a list, and what the chosen one holds. */
import type { Conference, DocumentHistory } from "@folkmoot/client";
import { Button } from "@mantine/core";
import { IconTag } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { useFocusAfter } from "../../ui/layers";
import { Actions } from "./Actions";
import type { HistoryDialogProps } from "./HistoryDialog";
import { NameForm } from "./NameForm";
import { VersionPreview } from "./Preview";
import { Sides } from "./Sides";
import { useTitleOf } from "./useTitleOf";
import { VersionList } from "./VersionList";

type PaneProps = Pick<HistoryDialogProps, "document" | "kind" | "ydoc" | "editable"> & {
  conference: Conference;
  history: DocumentHistory;
  narrow: boolean;
  restoring: boolean;
  onRestored: (title: string) => void;
};

function Keep({ conference, document }: Pick<PaneProps, "conference" | "document">) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const button = useFocusAfter(open);
  if (!open) {
    return (
      <Button ref={button} variant="light" size="xs" fullWidth onClick={() => setOpen(true)}
        leftSection={<IconTag size={15} stroke={1.7} aria-hidden="true" />}>
        {t("history.keepNow")}
      </Button>
    );
  }
  return (
    <NameForm
      conference={conference}
      label={t("history.nameNow")}
      name=""
      mayBeEmpty={false}
      onName={(name) => conference.library.keepVersion(document, name)}
      onDone={() => setOpen(false)}
    />
  );
}

export function VersionsPane(props: PaneProps) {
  const { conference, document, kind, ydoc, editable, history, narrow } = props;
  const { t } = useTranslation();
  const titleOf = useTitleOf();
  const { versions, wanted } = history;
  const [chosen, setChosen] = useState("");
  const last = versions.at(-1);
  useEffect(() => {
    // What came last is looked at first; a small screen shows the list first.
    if (!narrow && last !== undefined) setChosen((before) => (before === "" ? last.id : before));
  }, [narrow, last]);
  const version = versions.find(({ id }) => id === chosen);
  const list = (
    <>
      {editable && <Keep conference={conference} document={document} />}
      {versions.length === 0 && wanted.length === 0 && (
        <p className="fm-history-note">{t("history.empty")}</p>
      )}
      <VersionList kind={kind} versions={versions} wanted={wanted} chosen={chosen}
        onChoose={setChosen} />
    </>
  );
  return (
    <Sides narrow={narrow} back={t("history.versions")} list={list} onBack={() => setChosen("")}
      actions={version && (
        <Actions key={version.id} conference={conference} document={document} kind={kind}
          past={version} title={titleOf(version)} editable={editable}
          restoring={props.restoring} onRestored={props.onRestored} />
      )}>
      {version && (
        <VersionPreview key={version.id} conference={conference} document={document}
          version={version.id} title={titleOf(version)} now={ydoc} />
      )}
    </Sides>
  );
}
