/** How long the breakouts stay open; nothing when nobody has said. */
import type { Breakouts, Conference } from "@folkmoot/client";
import { useTranslation } from "react-i18next";

import { leftClock } from "../talk/duration";
import { useLogTime } from "../talk/useLogTime";

interface ClockProps {
  main: Pick<Conference, "talk">;
  breakouts: Breakouts;
}

export function Clock({ main, breakouts }: ClockProps) {
  const { t } = useTranslation();
  const { deadlineMs, phase } = breakouts;
  const now = useLogTime(main.talk, deadlineMs > 0);
  if (deadlineMs === 0) return null;
  const time = leftClock(Math.max(0, deadlineMs - now));
  return (
    <span role="timer" className="fm-timer" data-over={phase === "closing" || undefined}>
      <span className="fm-timer-clock" aria-hidden="true">{time}</span>
      <span className="fm-hidden">{t("breakouts.left", { time })}</span>
    </span>
  );
}
