/** In a breakout: which one, how long it stays open, what hosts say to all, and the way back. */
import type { Conference } from "@folkmoot/client";
import { Button } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { Broadcasts } from "./Broadcasts";
import { Clock } from "./Clock";

interface InsideBarProps {
  main: Conference;
}

export function InsideBar({ main }: InsideBarProps) {
  const { t } = useTranslation();
  const breakouts = useObservable(main.breakouts.state);
  const { busy, error, run } = useOperation(main);
  const room = breakouts.rooms[breakouts.inside - 1] ?? "";
  const elsewhere = breakouts.yours !== breakouts.inside;
  const other = elsewhere ? breakouts.rooms[breakouts.yours - 1] : undefined;
  const closing = breakouts.phase === "closing";
  return (
    <>
      <section className="fm-breakout-bar" aria-label={t("breakouts.title")}>
        <bdi className="fm-breakout-text">
          {t(closing ? "breakouts.closing" : "breakouts.inside", { room })}
        </bdi>
        <Clock main={main} breakouts={breakouts} />
        <span className="fm-spring" />
        {other !== undefined && (
          <Button size="compact-md" loading={busy}
            onClick={() => void run(main.breakouts.enter(breakouts.yours))}>
            {t("breakouts.goTo", { room: other })}
          </Button>
        )}
        <Button variant="default" size="compact-md" loading={busy}
          leftSection={<IconArrowBackUp size={17} aria-hidden="true" />}
          onClick={() => void run(main.breakouts.back())}>
          {t("breakouts.back")}
        </Button>
        <Refusal error={error} />
      </section>
      <Broadcasts main={main} />
    </>
  );
}
