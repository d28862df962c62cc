/** A deck on the stage: while it is converted, when that failed, and its pages. */
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";

import { SaveIndicator } from "../documents/SaveIndicator";
import { useObservable } from "../session/hooks";
import type { StageViewProps } from "../stage/kinds";
import { runsTalk } from "../talk/roles";
import { Converting } from "./Converting";
import { Viewer } from "./Viewer";

export default function DeckView(props: StageViewProps) {
  const { conference, connection, id, live, active, statusSlot } = props;
  const { t } = useTranslation();
  const deck = useObservable(conference.slides.list).find((one) => one.id === id);
  const operations = useObservable(conference.operations);
  const roster = useObservable(conference.roster);
  if (deck === undefined) return <p className="fm-deck-state">{t("slides.gone")}</p>;
  if (deck.phase === "failed" || deck.ready === 0) {
    return <Converting conference={conference} deck={deck} presents={runsTalk(roster)} />;
  }
  const sending = operations.some(({ app, state }) => app === "slides" && state === "sending");
  const connected = connection.kind === "connected" || connection.kind === "reconnected";
  const state = !sending ? "saved" : connected ? "saving" : "waiting";
  return (
    <>
      {statusSlot && createPortal(<SaveIndicator state={state} />, statusSlot)}
      <Viewer conference={conference} deck={deck} live={live} active={active} />
    </>
  );
}
