/** How many rooms, their names, and whether people choose. */
import type { Conference } from "@folkmoot/client";
import { Button, NumberInput, Radio, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { NAME_CHARACTERS_MAX, ROOMS_MAX } from "./limits";

interface CreateFormProps {
  conference: Pick<Conference, "breakouts" | "dismiss">;
}

export function CreateForm({ conference }: CreateFormProps) {
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  const [count, setCount] = useState(2);
  const [names, setNames] = useState<Readonly<Record<number, string>>>({});
  const [choose, setChoose] = useState(false);
  const usual = (at: number) => t("breakouts.usualName", { number: at + 1 });
  const rooms = Array.from({ length: count }, (_, at) => (names[at] ?? "").trim() || usual(at));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(conference.breakouts.create(rooms, choose));
      }}
    >
      <Stack gap="sm">
        <NumberInput label={t("breakouts.count")} min={1} max={ROOMS_MAX} clampBehavior="strict"
          allowDecimal={false} value={count} data-autofocus
          onChange={(value) => setCount(Math.max(1, Number(value) || 1))} />
        <fieldset className="fm-breakout-names">
          <legend>{t("breakouts.names")}</legend>
          {rooms.map((_, at) => (
            // A room is its place here: nothing else tells one from the next.
            // oxlint-disable-next-line react/no-array-index-key
            <TextInput key={at} size="sm" aria-label={usual(at)} placeholder={usual(at)}
              maxLength={NAME_CHARACTERS_MAX} value={names[at] ?? ""}
              onChange={({ currentTarget: { value } }) => setNames({ ...names, [at]: value })} />
          ))}
        </fieldset>
        <Radio.Group label={t("breakouts.who")} value={choose ? "choose" : "assign"}
          onChange={(value) => setChoose(value === "choose")}>
          <Stack gap={6} mt={6}>
            <Radio value="assign" label={t("breakouts.weAssign")} />
            <Radio value="choose" label={t("breakouts.theyChoose")} />
          </Stack>
        </Radio.Group>
        <Refusal error={error} />
        <Button type="submit" loading={busy}>{t("breakouts.make")}</Button>
      </Stack>
    </form>
  );
}
