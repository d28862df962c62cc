/** Who goes where, by hand or by chance, and for how long; then the rooms are opened. */
import { type Breakouts, type Conference, shuffled } from "@folkmoot/client";
import { Button, Group, NumberInput, Stack } from "@mantine/core";
import { IconArrowsShuffle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { MINUTES_MAX } from "./limits";
import { PlaceList } from "./PlaceList";

interface AssignFormProps {
  conference: Conference;
  breakouts: Breakouts;
}

export function AssignForm({ conference, breakouts }: AssignFormProps) {
  const { t } = useTranslation();
  const roster = useObservable(conference.roster);
  const { busy, error, run } = useOperation(conference);
  const [minutes, setMinutes] = useState(0);
  const others = roster.persons.filter((person) => !person.self && person.present);
  const atRandom = () => {
    const persons = others.map((person) => person.id);
    void run(conference.breakouts.assign(shuffled(persons, breakouts.rooms.length, Math.random)));
  };
  return (
    <Stack gap="sm">
      {!breakouts.choose && (
        <>
          <Group justify="space-between">
            <h3>{t("breakouts.places")}</h3>
            <Button variant="default" size="compact-sm" disabled={others.length === 0 || busy}
              leftSection={<IconArrowsShuffle size={16} aria-hidden="true" />} onClick={atRandom}>
              {t("breakouts.shuffle")}
            </Button>
          </Group>
          <PlaceList conference={conference} breakouts={breakouts} />
        </>
      )}
      {breakouts.choose && (
        <p className="fm-talk-note">
          {t("breakouts.chooseHint", { rooms: breakouts.rooms.join(", ") })}
        </p>
      )}
      <NumberInput label={t("breakouts.minutes")} description={t("breakouts.minutesHint")} min={0}
        max={MINUTES_MAX} clampBehavior="strict" allowDecimal={false} value={minutes}
        onChange={(value) => setMinutes(Number(value) || 0)} />
      <Refusal error={error} />
      <Group justify="flex-end">
        <Button loading={busy} onClick={() => void run(conference.breakouts.open(minutes))}>
          {t("breakouts.open")}
        </Button>
      </Group>
    </Stack>
  );
}
