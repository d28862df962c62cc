/** The timer that all share: what is left, the same for everyone. */
import { type Conference, leftOf, type SharedTimer } from "@folkmoot/client";
import { useTranslation } from "react-i18next";

import { leftClock } from "../talk/duration";
import { useLogTime } from "../talk/useLogTime";

interface TimerClockProps {
  talk: Pick<Conference["talk"], "logMs">;
  timer: SharedTimer;
}

export function TimerClock({ talk, timer }: TimerClockProps) {
  const { t } = useTranslation();
  const running = timer.endsMs > 0;
  const left = leftOf(timer, useLogTime(talk, running));
  const over = left <= 0;
  const words = { time: leftClock(left) };
  return (
    // A timer that told every second to a screen reader would drown all else: its end is announced.
    <span role="timer" className="fm-timer" data-over={over || undefined}
      data-paused={!running || undefined}>
      {timer.label && <bdi className="fm-timer-label">{timer.label}</bdi>}
      <span className="fm-timer-clock" aria-hidden="true">{`${over ? "+" : ""}${words.time}`}</span>
      <span className="fm-hidden">{t(over ? "agenda.timerOver" : "agenda.timerLeft", words)}</span>
      {!running && <span className="fm-talk-note">{t("agenda.timerPaused")}</span>}
    </span>
  );
}
