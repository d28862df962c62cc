/** The bar at the bottom: one's hand, reactions, who wants to speak, and the shared timer. */
import type { Conference } from "@folkmoot/client";
import { Button } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { TimerClock } from "../agenda/TimerClock";
import { useClosed } from "../people/closed";
import { ClosedNotice } from "../people/ClosedNotice";
import { useObservable, usePart } from "../session/hooks";
import { Refusal } from "../talk/Refusal";
import { runsRoom } from "../talk/roles";
import { useOperation } from "../talk/useOperation";
import { HandsMenu } from "./HandsMenu";
import { ReactButton } from "./ReactButton";

interface ActionBarProps {
  conference: Pick<Conference, "talk" | "dismiss" | "roster" | "status">;
  live: boolean;
}

export function ActionBar({ conference, live }: ActionBarProps) {
  const { t } = useTranslation();
  const { talk } = conference;
  const hands = useObservable(talk.hands);
  const { timer } = useObservable(talk.agenda);
  const roster = useObservable(conference.roster);
  const person = usePart(conference.status, (status) => status.person);
  const { error, run } = useOperation(conference);
  const closed = useClosed(roster);
  const [refused, setRefused] = useState<string>();
  const place = hands.raised.findIndex((hand) => hand.person === person) + 1;
  const turn = person !== null && hands.turn === person;
  const up = place > 0 || turn;
  const handClosed = closed("hand");
  const reactClosed = closed("reactions");
  useEffect(() => talk.onReactionRefused(() => setRefused(t("hands.reactRefused"))), [talk, t]);
  return (
    <section className="fm-bar-actions" aria-label={t("hands.bar")}>
      <Button variant={up ? "filled" : "default"} size="compact-md"
        disabled={!live || (handClosed !== undefined && !up)}
        aria-describedby={handClosed && "fm-hand-closed"}
        leftSection={<IconHandStop size={17} stroke={1.8} aria-hidden="true" />}
        onClick={() => void run(up ? talk.lowerHand() : talk.raiseHand())}>
        {t(up ? "hands.lower" : "hands.raise")}
      </Button>
      <ReactButton talk={talk} disabled={!live || reactClosed !== undefined}
        describedBy={reactClosed && "fm-react-closed"} onReact={() => setRefused(undefined)} />
      <ClosedNotice id="fm-hand-closed" text={up ? undefined : handClosed} />
      <ClosedNotice id="fm-react-closed" text={reactClosed} />
      {turn && <strong className="fm-turn">{t("hands.yourTurn")}</strong>}
      {place > 0 && <span className="fm-talk-note">{t("hands.place", { place })}</span>}
      <Refusal error={error ?? (reactClosed === undefined ? refused : undefined)} />
      <span className="fm-spring" />
      <HandsMenu conference={conference} hands={hands} roster={roster}
        manager={live && runsRoom(roster)} />
      {timer !== null && <TimerClock talk={talk} timer={timer} />}
    </section>
  );
}
