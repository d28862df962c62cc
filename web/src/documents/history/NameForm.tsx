/** Asks for the name of a version. */
import { VERSION_NAME_CHARACTERS_MAX, type Conference, type Submitted } from "@folkmoot/client";
import { Button, Group, TextInput } from "@mantine/core";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { Refusal } from "../../talk/Refusal";
import { useOperation } from "../../talk/useOperation";
import { useInner } from "../../ui/layers";

interface NameFormProps {
  conference: Pick<Conference, "dismiss">;
  label: string;
  name: string;
  /** An empty name is an answer, too. */
  mayBeEmpty: boolean;
  onName: (name: string) => Submitted;
  onDone: () => void;
}

export function NameForm(props: NameFormProps) {
  const { conference, label, name: before, mayBeEmpty, onName, onDone } = props;
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  const [name, setName] = useState(before);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []); // the person asked for it
  const onKeyDown = useInner(onDone);
  const clean = name.replace(/\s+/gu, " ").trim();
  const take = (event: FormEvent) => {
    event.preventDefault();
    if (clean === before && before !== "") onDone();
    else void run(onName(clean)).then((saved) => saved && onDone());
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape alone
    <form onSubmit={take} onKeyDown={onKeyDown} className="fm-history-form" noValidate>
      <TextInput
        label={label}
        value={name}
        maxLength={VERSION_NAME_CHARACTERS_MAX}
        placeholder={t("history.nameHint")}
        description={mayBeEmpty && t("history.nameNone")}
        ref={field}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Refusal error={error} />
      <Group justify="flex-end" gap="xs">
        <Button size="xs" variant="default" onClick={onDone}>{t("room.cancel")}</Button>
        <Button size="xs" type="submit" loading={busy} disabled={clean === "" && !mayBeEmpty}>
          {t("history.keep")}
        </Button>
      </Group>
    </form>
  );
}
