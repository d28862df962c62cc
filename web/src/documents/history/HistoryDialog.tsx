/**
 * A document's past: its versions, all edits between them, and the way back to each.
 *
 * It knows no kind of document; what is drawn of each is in `kinds.ts`.
 */
import type { Conference } from "@folkmoot/client";
import { Button, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import { useObservable } from "../../session/hooks";
import { useOperation } from "../../talk/useOperation";
import { Dialog } from "../../ui/Dialog";
import { useAnnounce } from "../../ui/announce";
import { Loading } from "../../ui/Loading";
import { PointsPane } from "./PointsPane";
import { Unreadable } from "./Preview";
import { useHistory } from "./useHistory";
import { useTitleOf } from "./useTitleOf";
import { VersionsPane } from "./VersionsPane";

export interface HistoryDialogProps {
  conference: Conference;
  document: string;
  /** One of `PAST_KINDS`. */
  kind: string;
  title: string;
  /** The document as it is. */
  ydoc: Y.Doc | null;
  /** May keep, name and go back. */
  editable: boolean;
  onClose: () => void;
}

const NARROW = "(max-width: 47.99em)";
const PANES = ["versions", "points"] as const;

function useNarrow(): boolean {
  return useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false }) ?? false;
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

function History(props: HistoryDialogProps) {
  const { conference, document, editable } = props;
  const { t } = useTranslation();
  const announce = useAnnounce();
  const titleOf = useTitleOf();
  const { history, error, failed, unkept, again } = useHistory(conference, document);
  const away = useObservable(conference.servicesAway).includes("documents");
  const narrow = useNarrow();
  const [pane, setPane] = useState<(typeof PANES)[number]>("versions");
  const [restored, setRestored] = useState<string>();
  const { run } = useOperation(conference);
  const restoring = history?.restoring != null;
  const done = restored !== undefined && !restoring && failed === "";
  useEffect(() => {
    if (done) announce(t("history.restored", { title: restored }));
  }, [done, restored, announce, t]);

  if (history === null) {
    return error === null ? (
      <Loading text={t("history.loading")} />
    ) : (
      <Unreadable reason={error} onAgain={again} />
    );
  }
  const before = history.versions.findLast(({ reason }) => reason === "restore");
  const undo = before && editable
    ? () => {
        setRestored(titleOf(before));
        void run(conference.library.restoreVersion(document, before.id));
      }
    : undefined;
  const given = { ...props, narrow, restoring, onRestored: setRestored };
  return (
    <>
      {restoring && <output className="fm-history-done">{t("history.restoring")}</output>}
      {done && <Restored text={t("history.restored", { title: restored })} onUndo={undo} />}
      {restored !== undefined && failed !== "" && (
        <p className="fm-alert" role="alert">{t("history.restoreFailed", { reason: failed })}</p>
      )}
      {unkept !== "" && (
        <p className="fm-alert" role="alert">{t("history.unkept", { reason: unkept })}</p>
      )}
      {away && <p className="fm-history-note">{t("history.away")}</p>}
      <SegmentedControl
        size="xs"
        className="fm-history-panes"
        value={pane}
        onChange={(value) => setPane(value as typeof pane)}
        aria-label={t("history.panes")}
        data={PANES.map((value) => ({ value, label: t(`history.${value}`) }))}
      />
      {pane === "versions" && <VersionsPane {...given} history={history} />}
      {pane === "points" && <PointsPane {...given} history={history} />}
    </>
  );
}

export default function HistoryDialog(props: HistoryDialogProps) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  return (
    <Dialog
      opened
      onClose={props.onClose}
      title={t("history.title", { title: props.title })}
      centered
      size="72rem"
      fullScreen={narrow}
      classNames={{ content: "fm-history-dialog" }}
    >
      <History {...props} />
    </Dialog>
  );
}
