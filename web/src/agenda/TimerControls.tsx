/** Starts, pauses, extends and stops the shared timer. */
import type { Conference, SharedTimer } from "@folkmoot/client";
import { Button, Group, Menu } from "@mantine/core";
import { IconClock, IconPlayerPause, IconPlayerPlay, IconPlus, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";

interface TimerControlsProps {
  conference: Pick<Conference, "talk" | "dismiss">;
  timer: SharedTimer | null;
}

const MINUTES = [1, 2, 3, 5, 10, 15, 30, 60] as const;
const MINUTE_MS = 60_000;

export function TimerControls({ conference, timer }: TimerControlsProps) {
  const { t } = useTranslation();
  const { error, run } = useOperation(conference);
  const { talk } = conference;
  const paused = timer !== null && timer.endsMs === 0;
  const Icon = paused ? IconPlayerPlay : IconPlayerPause;
  return (
    <>
      <Group gap="xs">
        <Menu shadow="md" withInitialFocusPlaceholder={false}>
          <Menu.Target>
            <Button variant="default" size="compact-sm"
              leftSection={<IconClock size={15} aria-hidden="true" />}>
              {t("agenda.start")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {MINUTES.map((count) => (
              <Menu.Item key={count} onClick={() => void run(talk.startTimer(count * MINUTE_MS))}>
                {t("agenda.startMinutes", { count })}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        {timer !== null && (
          <>
            <Button variant="default" size="compact-sm"
              leftSection={<Icon size={15} aria-hidden="true" />}
              onClick={() => void run(talk.onTimer(paused ? "resume" : "pause"))}>
              {t(paused ? "agenda.resume" : "agenda.pause")}
            </Button>
            <Button variant="default" size="compact-sm"
              leftSection={<IconPlus size={15} aria-hidden="true" />}
              onClick={() => void run(talk.extendTimer(MINUTE_MS))}>
              {t("agenda.extend")}
            </Button>
            <Button variant="default" size="compact-sm"
              leftSection={<IconX size={15} aria-hidden="true" />}
              onClick={() => void run(talk.onTimer("stop"))}>
              {t("agenda.stop")}
            </Button>
          </>
        )}
      </Group>
      <Refusal error={error} />
    </>
  );
}
