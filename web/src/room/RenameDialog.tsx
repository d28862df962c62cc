/** Changes one's own name; stays open until the room has taken it. */
import type { Conference } from "@folkmoot/client";
import { Button, Group, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { characters, NAME_CHARACTERS_MAX } from "../lib/limits";
import { rememberName } from "../lib/rooms";
import { sentenceOf } from "../session/sentence";
import { Dialog } from "../ui/Dialog";

interface RenameDialogProps {
  opened: boolean;
  name: string;
  conference: Pick<Conference, "rename" | "dismiss">;
  onClose: () => void;
}

function RenameForm({ name, conference, onClose }: Omit<RenameDialogProps, "opened">) {
  const { t, i18n } = useTranslation();
  const [text, setText] = useState(name);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  const change = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = text.replace(/\s+/gu, " ").trim();
    if (wanted === "") return setError(t("join.nameMissing"));
    if (characters(wanted) > NAME_CHARACTERS_MAX) {
      return setError(t("join.nameTooLong", { max: NAME_CHARACTERS_MAX }));
    }
    if (wanted === name) return onClose();
    setBusy(true);
    const submitted = conference.rename(wanted);
    const outcome = await submitted.outcome;
    setBusy(false);
    if (outcome.state === "saved") {
      rememberName(wanted);
      return onClose();
    }
    conference.dismiss(submitted.id);
    return setError(t("room.renameFailed", { reason: sentenceOf(i18n, outcome) }));
  };

  return (
    <form onSubmit={(event) => void change(event)} noValidate>
      <TextInput
        label={t("join.nameLabel")}
        value={text}
        error={error}
        data-autofocus
        autoComplete="name"
        onChange={(event) => {
          setText(event.currentTarget.value);
          setError(undefined);
        }}
      />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {t("room.cancel")}
        </Button>
        <Button type="submit" loading={busy}>
          {t("room.renameConfirm")}
        </Button>
      </Group>
    </form>
  );
}

export function RenameDialog({ opened, onClose, ...rest }: RenameDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={t("room.renameTitle")}
      centered
    >
      <RenameForm {...rest} onClose={onClose} />
    </Dialog>
  );
}
