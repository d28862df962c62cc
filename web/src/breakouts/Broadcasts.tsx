/** The newest of what hosts said to everybody, wherever they are, until it is put away. */
import type { Broadcast, Conference } from "@folkmoot/client";
import { CloseButton } from "@mantine/core";
import { IconSpeakerphone } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { useAnnounce } from "../ui/announce";

interface BroadcastsProps {
  main: Pick<Conference, "breakouts">;
}

export function Broadcasts({ main }: BroadcastsProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [said, setSaid] = useState<Broadcast>();
  useEffect(
    () =>
      main.breakouts.onBroadcast((broadcast) => {
        setSaid(broadcast);
        announce(t("breakouts.said", { ...broadcast }));
      }),
    [main, announce, t],
  );
  if (said === undefined) return null;
  return (
    <section className="fm-breakout-said" aria-label={t("breakouts.speech")}>
      <IconSpeakerphone size={18} stroke={1.8} aria-hidden="true" />
      <p><strong><bdi>{said.name}</bdi></strong> <bdi>{said.text}</bdi></p>
      <CloseButton aria-label={t("breakouts.putAway")} onClick={() => setSaid(undefined)} />
    </section>
  );
}
