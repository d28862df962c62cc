/** Asked before somebody is removed, and for another name. */
import { Button, Checkbox, Group, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { NAME_CHARACTERS_MAX } from "../lib/limits";
import type { Person } from "../session/model";
import { Dialog } from "../ui/Dialog";

interface DialogProps {
  person: Person;
  onClose: () => void;
}

export function RemoveDialog(props: DialogProps & { onRemove: (ban: boolean) => void }) {
  const { person, onClose, onRemove } = props;
  const { t } = useTranslation();
  const [ban, setBan] = useState(true);
  return (
    <Dialog
      opened
      centered
      onClose={onClose}
      title={t("roles.removeTitle", { name: person.name })}
    >
      <p>{t("roles.removeText")}</p>
      <Checkbox
        mt="sm"
        label={t("roles.removeBan")}
        checked={ban}
        onChange={(event) => setBan(event.currentTarget.checked)}
      />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          {t("room.cancel")}
        </Button>
        <Button color="red" onClick={() => onRemove(ban)}>
          {t("roles.removeConfirm")}
        </Button>
      </Group>
    </Dialog>
  );
}

export function NameDialog(props: DialogProps & { onName: (name: string) => void }) {
  const { person, onClose, onName } = props;
  const { t } = useTranslation();
  const [name, setName] = useState(person.name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = name.replace(/\s+/gu, " ").trim();
    if (wanted !== "") onName(wanted);
  };
  return (
    <Dialog
      opened
      centered
      onClose={onClose}
      title={t("roles.renameTitle", { name: person.name })}
    >
      <form onSubmit={submit}>
        <TextInput
          label={t("join.nameLabel")}
          value={name}
          maxLength={NAME_CHARACTERS_MAX}
          data-autofocus
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>
            {t("room.cancel")}
          </Button>
          <Button type="submit">{t("room.renameConfirm")}</Button>
        </Group>
      </form>
    </Dialog>
  );
}
