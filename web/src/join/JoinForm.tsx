/** Asks for the name with which one enters. */
import { Button, TextInput } from "@mantine/core";
import { IconCrown } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { characters, NAME_CHARACTERS_MAX } from "../lib/limits";
import { useFirstFocus } from "../ui/useFirstFocus";

interface JoinFormProps {
  title: string | undefined;
  name: string;
  host: boolean;
  busy: boolean;
  error: string | undefined;
  onJoin: (name: string) => void;
}

export function JoinForm({ title, name: remembered, host, busy, error, onJoin }: JoinFormProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(remembered);
  const [wrong, setWrong] = useState<string>();
  const field = useFirstFocus<HTMLInputElement>();

  const join = (event: FormEvent) => {
    event.preventDefault();
    const wanted = name.replace(/\s+/gu, " ").trim();
    const sentence =
      wanted === ""
        ? t("join.nameMissing")
        : characters(wanted) > NAME_CHARACTERS_MAX
          ? t("join.nameTooLong", { max: NAME_CHARACTERS_MAX })
          : undefined;
    setWrong(sentence);
    if (sentence === undefined) onJoin(wanted);
    else field.current?.focus();
  };

  return (
    <form className="fm-card fm-join" onSubmit={join} noValidate>
      <h1>{title === undefined ? t("join.headingPlain") : t("join.heading", { title })}</h1>
      {host && (
        <p className="fm-join-host">
          <IconCrown size={15} stroke={2} aria-hidden="true" />
          {t("join.asHost")}
        </p>
      )}
      <TextInput
        ref={field}
        size="md"
        label={t("join.nameLabel")}
        description={t("join.nameHint")}
        value={name}
        error={wrong}
        autoComplete="name"
        onChange={(event) => {
          setName(event.currentTarget.value);
          setWrong(undefined);
        }}
      />
      {error !== undefined && (
        <p className="fm-alert" role="alert">
          {error}
        </p>
      )}
      <Button type="submit" size="md" loading={busy} fullWidth>
        {busy ? t("join.submitting") : t("join.submit")}
      </Button>
    </form>
  );
}
