/** Open breakouts for who runs the room: who is where, a word to all, more time, the call back. */
import type { Breakouts, Conference } from "@folkmoot/client";
import { Button, Group, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconSpeakerphone } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { Clock } from "./Clock";
import { BROADCAST_CHARACTERS_MAX } from "./limits";
import { PlaceList } from "./PlaceList";

interface OpenRoomsProps {
  conference: Conference;
  breakouts: Breakouts;
}

const MORE_MINUTES = 5;
const RECALL_S = 60;

export function OpenRooms({ conference, breakouts }: OpenRoomsProps) {
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  const rooms = conference.breakouts;
  const counts = breakouts.rooms.map(
    (_, at) => [...breakouts.people.values()].filter((room) => room === at + 1).length,
  );
  return (
    <Stack gap="sm">
      <ul className="fm-breakout-rooms" aria-label={t("breakouts.title")}>
        {breakouts.rooms.map((room, at) => (
          // Rooms of one set never change their order, and may share a name.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={at}>
            <bdi>{room}</bdi>
            <span className="fm-talk-note">
              {t("breakouts.inRoom", { count: counts[at] ?? 0 })}
            </span>
            <Button variant="subtle" size="compact-sm" disabled={busy}
              aria-label={`${t("breakouts.visit")}: ${room}`}
              onClick={() => void run(rooms.enter(at + 1))}>
              {t("breakouts.visit")}
            </Button>
          </li>
        ))}
      </ul>
      {!breakouts.choose && <PlaceList conference={conference} breakouts={breakouts} />}
      <Speech conference={conference} />
      <Refusal error={error} />
      <Group>
        <Clock main={conference} breakouts={breakouts} />
        <Button variant="default" disabled={busy}
          leftSection={<IconPlus size={16} aria-hidden="true" />}
          onClick={() => void run(rooms.extend(MORE_MINUTES))}>
          {t("breakouts.more", { count: MORE_MINUTES })}
        </Button>
        <span className="fm-spring" />
        {breakouts.phase === "open" && (
          <Button variant="default" disabled={busy}
            onClick={() => void run(rooms.recall(RECALL_S))}>
            {t("breakouts.recallSoon", { count: RECALL_S })}
          </Button>
        )}
        <Button disabled={busy} onClick={() => void run(rooms.recall(0))}>
          {t("breakouts.recallNow")}
        </Button>
      </Group>
    </Stack>
  );
}

function Speech({ conference }: { conference: Conference }) {
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  const [text, setText] = useState("");
  return (
    <form
      className="fm-breakout-speech"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "") return;
        void run(conference.breakouts.broadcast(text)).then((saved) => {
          if (saved) setText("");
        });
      }}
    >
      <TextInput label={t("breakouts.speech")} value={text} maxLength={BROADCAST_CHARACTERS_MAX}
        error={error} onChange={({ currentTarget: { value } }) => setText(value)} />
      <Button type="submit" variant="default" loading={busy} disabled={text.trim() === ""}
        leftSection={<IconSpeakerphone size={16} aria-hidden="true" />}>
        {t("breakouts.tell")}
      </Button>
    </form>
  );
}
