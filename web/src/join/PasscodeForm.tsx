/** Asks for the passcode of a room. */
import { Button, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { useFirstFocus } from "../ui/useFirstFocus";

interface PasscodeFormProps {
  title: string;
  /** Why it is asked again; missing the first time. */
  error: string | undefined;
  onPasscode: (passcode: string) => void;
}

export function PasscodeForm({ title, error, onPasscode }: PasscodeFormProps) {
  const { t } = useTranslation();
  const [passcode, setPasscode] = useState("");
  const [wrong, setWrong] = useState(error);
  const field = useFirstFocus<HTMLInputElement>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (passcode.trim() !== "") return onPasscode(passcode.trim());
    setWrong(t("roles.passcodeMissing"));
    field.current?.focus();
  };
  return (
    <form className="fm-card fm-join" onSubmit={submit} noValidate>
      <h1>{t("roles.passcodeTitle", { title })}</h1>
      <p>{t("roles.passcodeText")}</p>
      <TextInput
        ref={field}
        size="md"
        label={t("roles.passcodeLabel")}
        value={passcode}
        error={wrong}
        autoComplete="off"
        onChange={(event) => {
          setPasscode(event.currentTarget.value);
          setWrong(undefined);
        }}
      />
      <Button type="submit" size="md" fullWidth>
        {t("roles.passcodeSubmit")}
      </Button>
    </form>
  );
}
