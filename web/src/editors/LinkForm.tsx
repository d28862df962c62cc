/** Makes a new link for an editor. */
import {
  Button, Checkbox, Group, NativeSelect, Stack, Textarea, TextInput,
} from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { NAME_CHARACTERS_MAX } from "../lib/limits";
import { sentenceOf } from "../session/sentence";
import { useObservable } from "../session/hooks";
import { Refusal } from "../talk/Refusal";
import type { EditorsConference } from "./EditorsDialog";

const DAYS = [1, 7, 30, 90, 365];

interface LinkFormProps {
  conference: EditorsConference;
  onMade: (name: string) => void;
}

export function LinkForm({ conference, onMade }: LinkFormProps) {
  const { t, i18n } = useTranslation();
  const { documents } = useObservable(conference.documents);
  const [name, setName] = useState("");
  const [document, setDocument] = useState("");
  const [write, setWrite] = useState(true);
  const [days, setDays] = useState(30);
  const [origins, setOrigins] = useState("");
  const [address, setAddress] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const wanted = name.replace(/\s+/gu, " ").trim();
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    setBusy(true);
    const submitted = conference.editors.make({
      document: document || (documents[0]?.id ?? ""),
      name: wanted,
      write,
      days,
      origins: origins.split(/\s+/u).filter((line) => line !== "")
        .map((line) => line.toLowerCase().replace(/\/+$/u, "")),
      address,
    });
    const outcome = await submitted.outcome;
    setBusy(false);
    if (outcome.state !== "saved") {
      conference.dismiss(submitted.id);
      setError(t("editors.failed", { reason: sentenceOf(i18n, outcome) }));
      return;
    }
    setName("");
    onMade(wanted);
  };
  return (
    <form onSubmit={(event) => void make(event)}>
      <Stack gap="sm">
        <Group grow align="flex-end" gap="sm" preventGrowOverflow={false}>
          <TextInput label={t("editors.name")} value={name} maxLength={NAME_CHARACTERS_MAX}
            data-autofocus autoComplete="off" onChange={(event) => setName(event.target.value)} />
          <NativeSelect label={t("editors.document")} value={document}
            data={documents.map(({ id, title }) => ({ value: id, label: title }))}
            onChange={(event) => setDocument(event.target.value)} />
          <NativeSelect label={t("editors.days")} value={String(days)}
            data={DAYS.map((count) => ({
              value: String(count),
              label: t("editors.day", { count }),
            }))}
            onChange={(event) => setDays(Number(event.target.value))} />
        </Group>
        <Checkbox label={t("editors.write")} checked={write}
          onChange={(event) => setWrite(event.target.checked)} />
        <Textarea label={t("editors.origins")} description={t("editors.originsHint")} autosize
          minRows={1} maxRows={5} dir="ltr" value={origins}
          onChange={(event) => setOrigins(event.target.value)} />
        <Checkbox label={t("editors.address")} description={t("editors.addressHint")}
          checked={address} onChange={(event) => setAddress(event.target.checked)} />
        <Refusal error={error} />
        <Group justify="flex-end">
          <Button type="submit" loading={busy} disabled={wanted === "" || documents.length === 0}>
            {t("editors.make")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
