/** Asks for a title; stays open until the room has taken it. */
import type { Conference, Submitted } from "@folkmoot/client";
import { TITLE_CHARACTERS_MAX } from "@folkmoot/client";
import { Button, Group, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { useOperation } from "../talk/useOperation";
import { Dialog } from "../ui/Dialog";

interface TitleDialogProps {
  conference: Pick<Conference, "dismiss">;
  heading: string;
  confirm: string;
  title: string;
  onTitle: (title: string) => Submitted;
  /** Called once it was taken. */
  onDone: () => void;
  onClose: () => void;
}

export function TitleDialog(props: TitleDialogProps) {
  const { conference, heading, confirm, title, onTitle, onDone, onClose } = props;
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  const [text, setText] = useState(title);
  const [missing, setMissing] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = text.replace(/\s+/gu, " ").trim();
    if (wanted === "") return setMissing(true);
    if (await run(onTitle(wanted))) onDone();
    return undefined;
  };
  return (
    <Dialog opened onClose={onClose} title={heading} centered>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <TextInput
          label={t("stage.title")}
          value={text}
          maxLength={TITLE_CHARACTERS_MAX}
          error={missing ? t("stage.titleMissing") : error}
          data-autofocus
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setMissing(false);
          }}
        />
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>{t("room.cancel")}</Button>
          <Button type="submit" loading={busy}>{confirm}</Button>
        </Group>
      </form>
    </Dialog>
  );
}
