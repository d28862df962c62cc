/** All edits of a document between its versions: a list of who wrote when, and what it was then. */
import type { Conference, DocumentHistory } from "@folkmoot/client";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { clock, day } from "../../lib/time";
import { Loading } from "../../ui/Loading";
import { Actions } from "./Actions";
import type { HistoryDialogProps } from "./HistoryDialog";
import { PointList } from "./PointList";
import { PointPreview } from "./PointPreview";
import { Unreadable } from "./Preview";
import { Sides } from "./Sides";
import type { Group } from "./points";
import { usePoints } from "./usePoints";
import { Wanted } from "./VersionList";

type PaneProps = Pick<HistoryDialogProps, "document" | "kind" | "ydoc" | "editable"> & {
  conference: Conference;
  history: DocumentHistory;
  narrow: boolean;
  restoring: boolean;
  onRestored: (title: string) => void;
};

export function PointsPane(props: PaneProps) {
  const { conference, document, kind, ydoc, editable, narrow, restoring, onRestored } = props;
  const { versions, wanted } = props.history;
  const { t, i18n } = useTranslation();
  const { read, busy, error, earlier, again } = usePoints(conference, document);
  // A position, for places move when earlier ones are read.
  const [position, setPosition] = useState(0);
  const newest = read?.points.at(-1)?.position ?? 0;
  useEffect(() => {
    if (!narrow && newest > 0) setPosition((before) => (before === 0 ? newest : before));
  }, [narrow, newest]);
  if (read === null) {
    return error === null ? (
      <Loading text={t("history.loadingPoints")} />
    ) : (
      <Unreadable reason={error} onAgain={again} />
    );
  }
  const chosen = read.points.findIndex((point) => point.position === position);
  const point = read.points[chosen];
  const choose = (at: number) => setPosition(read.points[at]?.position ?? 0);
  const title = point === undefined ? "" : t("history.when", {
    day: day(point.timeMs, i18n.language),
    time: clock(point.timeMs, i18n.language),
  });
  const named = new Map(
    versions.filter(({ name }) => name !== "").map((version) => [version.position, version]),
  );
  const namesOf = ({ first, last }: Group) =>
    read.points.slice(first, last + 1).flatMap((one) => named.get(one.position)?.name ?? []);
  const list = (
    <>
      <Wanted wanted={wanted} />
      {read.points.length === 0 && <p className="fm-history-note">{t("history.noPoints")}</p>}
      {error !== null && <Unreadable reason={error} onAgain={again} />}
      <PointList groups={read.groups} chosen={chosen} namesOf={namesOf} more={read.more}
        busy={busy} onChoose={choose} onEarlier={earlier} />
      {!read.more && read.parts.some(({ stretch }, at) => at === 0 && stretch.ground !== "") && (
        <p className="fm-history-note">{t("history.pointsKept")}</p>
      )}
    </>
  );
  return (
    <Sides narrow={narrow} back={t("history.points")} list={list} onBack={() => setPosition(0)}
      actions={point && (
        <Actions key={point.position} conference={conference} document={document} kind={kind}
          past={point.position} named={named.get(point.position)} title={title}
          editable={editable} restoring={restoring} onRestored={onRestored} />
      )}>
      {point && (
        <PointPreview conference={conference} document={document} kind={kind} read={read}
          named={named} chosen={chosen} title={title} now={ydoc} onChoose={choose} />
      )}
    </Sides>
  );
}
