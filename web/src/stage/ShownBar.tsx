/** Says who shows what to everybody, and leads back there who looks elsewhere. */
import type { Conference } from "@folkmoot/client";
import { Button } from "@mantine/core";
import { IconArrowBackUp, IconBroadcast } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { useObservable, usePart } from "../session/hooks";
import { useAnnounce } from "../ui/announce";

interface ShownBarProps {
  conference: Pick<Conference, "stage" | "roster" | "status">;
  /** What is shown; null for nothing. */
  title: string | null;
  wandering: boolean;
  onReturn: () => void;
  /** For those who may end it. */
  onStop: (() => void) | undefined;
}

export function ShownBar({ conference, title, wandering, onReturn, onStop }: ShownBarProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const stage = useObservable(conference.stage.shown);
  const roster = useObservable(conference.roster);
  const person = usePart(conference.status, (status) => status.person);
  const mine = stage.by === person;
  const by = mine ? null : (roster.byId.get(stage.by)?.name ?? t("stage.presenter"));
  const sentence = title === null
    ? ""
    : by === null
      ? t("stage.youShow", { title })
      : t("stage.shows", { name: by, title });
  const told = useRef("");
  useEffect(() => {
    if (sentence !== "" && by !== null && sentence !== told.current) announce(sentence);
    told.current = sentence;
  }, [sentence, by, announce]);
  if (title === null) return null;
  return (
    <div className="fm-stage-shown" data-wandering={wandering || undefined}>
      <IconBroadcast size={16} stroke={1.8} aria-hidden="true" />
      <span className="fm-stage-shown-text">{sentence}</span>
      <span className="fm-spring" />
      {wandering && (
        <Button size="compact-sm" variant="filled" onClick={onReturn}
          leftSection={<IconArrowBackUp size={15} stroke={1.9} aria-hidden="true" />}>
          {t("stage.goBack")}
        </Button>
      )}
      {onStop !== undefined && (
        <Button size="compact-sm" variant="default" onClick={onStop}>
          {t("stage.stop")}
        </Button>
      )}
    </div>
  );
}
