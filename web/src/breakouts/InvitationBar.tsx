/** In the room, while breakouts are open: the way into one's own, or the choice among all. */
import { areOpen, type Conference } from "@folkmoot/client";
import { Button, Menu } from "@mantine/core";
import { IconDoorEnter } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { Refusal } from "../talk/Refusal";
import { runsRoom } from "../talk/roles";
import { useOperation } from "../talk/useOperation";
import { useAnnounce } from "../ui/announce";
import { Broadcasts } from "./Broadcasts";
import { Clock } from "./Clock";

interface InvitationBarProps {
  conference: Conference;
  live: boolean;
}

export function InvitationBar({ conference, live }: InvitationBarProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const breakouts = useObservable(conference.breakouts.state);
  const roster = useObservable(conference.roster);
  const { busy, error, run } = useOperation(conference);
  const open = areOpen(breakouts);
  const own = breakouts.rooms[breakouts.yours - 1];
  const free = breakouts.choose || runsRoom(roster);
  const sentence = own === undefined
    ? t(free ? "breakouts.choose" : "breakouts.wait")
    : t("breakouts.invited", { room: own });

  const told = useRef("");
  useEffect(() => {
    const text = open ? sentence : "";
    if (text !== "" && text !== told.current) announce(text);
    told.current = text;
  }, [open, sentence, announce]);

  if (!open) return <Broadcasts main={conference} />;
  const enter = (room: number) => void run(conference.breakouts.enter(room));
  return (
    <>
      <section className="fm-breakout-bar" aria-label={t("breakouts.title")}>
        <IconDoorEnter size={18} stroke={1.8} aria-hidden="true" />
        <bdi className="fm-breakout-text">{sentence}</bdi>
        <Clock main={conference} breakouts={breakouts} />
        <span className="fm-spring" />
        {own !== undefined && (
          <Button size="compact-md" loading={busy} disabled={!live}
            onClick={() => enter(breakouts.yours)}>
            {t("breakouts.goTo", { room: own })}
          </Button>
        )}
        {free && (
          <Menu shadow="md" withInitialFocusPlaceholder={false}>
            <Menu.Target>
              <Button variant="default" size="compact-md" disabled={!live}>
                {t("breakouts.pick")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {breakouts.rooms.map((room, at) => (
                // Rooms of one set never change their order, and may share a name.
                // oxlint-disable-next-line react/no-array-index-key
                <Menu.Item key={at} onClick={() => enter(at + 1)}><bdi>{room}</bdi></Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
        <Refusal error={error} />
      </section>
      <Broadcasts main={conference} />
    </>
  );
}
