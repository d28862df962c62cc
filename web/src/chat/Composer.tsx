/** Where a message is written. What was typed is kept over a reload. */
import { ActionIcon, Textarea } from "@mantine/core";
import { IconSend2 } from "@tabler/icons-react";
import { useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { CHAT_CHARACTERS_MAX, characters } from "../lib/limits";
import { read, write } from "../lib/storage";

interface ComposerProps {
  slug: string;
  disabled: boolean;
  onSend: (text: string) => void;
}

/** Takes out what cannot be seen and the server refuses: controls and direction overrides. */
export function cleaned(text: string): string {
  return text
    .replace(/\r\n?/gu, "\n")
    // oxlint-disable-next-line no-control-regex
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu, "")
    .trim();
}

export function Composer({ slug, disabled, onSend }: ComposerProps) {
  const { t } = useTranslation();
  const stored = `folkmoot.draft.${slug}`;
  const [text, setText] = useState(() => read(stored) ?? "");
  const excess = characters(text) - CHAT_CHARACTERS_MAX;
  const ready = !disabled && excess <= 0 && cleaned(text) !== "";

  const change = (value: string) => {
    setText(value);
    write(stored, value);
  };
  const send = () => {
    if (!ready) return;
    onSend(cleaned(text));
    change("");
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      className="fm-composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Textarea
        className="fm-composer-field"
        autosize
        minRows={1}
        maxRows={7}
        dir="auto"
        value={text}
        disabled={disabled}
        placeholder={t("chat.placeholder")}
        aria-label={t("chat.label")}
        description={t("chat.hint")}
        descriptionProps={{ className: "fm-hidden" }}
        error={excess > 0 ? t("chat.tooLong", { count: excess }) : undefined}
        enterKeyHint="send"
        onChange={(event) => change(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <ActionIcon
        type="submit"
        size={38}
        radius="md"
        aria-label={t("chat.send")}
        disabled={!ready}
        className="fm-composer-send"
      >
        <IconSend2 size={18} stroke={1.8} aria-hidden="true" />
      </ActionIcon>
    </form>
  );
}
