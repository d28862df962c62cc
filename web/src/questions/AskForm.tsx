/** Asks the room, with or without one's name. */
import { QUESTION_CHARACTERS_MAX, type Conference } from "@folkmoot/client";
import { Button, Checkbox, Group, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";

interface AskFormProps {
  conference: Pick<Conference, "talk" | "dismiss">;
  anonymousAllowed: boolean;
  disabled: boolean;
  /** Of the element that says why. */
  describedBy?: string | undefined;
}

export function AskForm(props: AskFormProps) {
  const { conference, anonymousAllowed, disabled, describedBy } = props;
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  const [text, setText] = useState("");
  const [unnamed, setUnnamed] = useState(false);
  const over = text.length - QUESTION_CHARACTERS_MAX;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const asked = conference.talk.ask(text.trim(), unnamed && anonymousAllowed);
    void run(asked).then((saved) => saved && setText(""));
  };
  return (
    <form className="fm-ask" onSubmit={submit}>
      <Textarea value={text} autosize minRows={1} maxRows={6} disabled={disabled}
        aria-label={t("questions.label")} aria-describedby={describedBy}
        placeholder={t("questions.placeholder")}
        error={over > 0 ? t("questions.tooLong", { count: over }) : undefined}
        onChange={(event) => setText(event.target.value)} />
      <Refusal error={error} />
      <Group justify="space-between" mt="xs">
        {anonymousAllowed ? (
          <Checkbox size="sm" checked={unnamed} disabled={disabled} label={t("questions.anonymous")}
            title={t("questions.anonymousHint")}
            onChange={(event) => setUnnamed(event.target.checked)} />
        ) : (
          <span />
        )}
        <Button type="submit" size="compact-md" loading={busy}
          disabled={disabled || text.trim() === "" || over > 0}>
          {t("questions.ask")}
        </Button>
      </Group>
    </form>
  );
}
