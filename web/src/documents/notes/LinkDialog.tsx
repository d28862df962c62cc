/** Asks for a link's address, and for its text where nothing is chosen. */
import { Button, Group, Stack, TextInput } from "@mantine/core";
import type { Editor } from "@tiptap/react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { Dialog } from "../../ui/Dialog";
import { addressOf } from "./address";

interface LinkDialogProps {
  editor: Editor;
  opened: boolean;
  onClose: () => void;
}

function LinkForm({ editor, onClose }: Omit<LinkDialogProps, "opened">) {
  const { t } = useTranslation();
  const linked = editor.isActive("link");
  const before: unknown = editor.getAttributes("link")["href"];
  const [address, setAddress] = useState(typeof before === "string" ? before : "");
  const [text, setText] = useState("");
  const [error, setError] = useState<string>();
  const needsText = !linked && editor.state.selection.empty;

  const take = (event: FormEvent) => {
    event.preventDefault();
    const href = addressOf(address);
    if (href === null) {
      setError(t("notes.link.wrong"));
      return;
    }
    onClose();
    const chain = editor.chain().focus();
    if (needsText) {
      const shown = text.trim() === "" ? address.trim() : text.trim();
      const marks = [{ type: "link", attrs: { href } }];
      chain.insertContent([{ type: "text", text: shown, marks }]).unsetMark("link").run();
    } else chain.extendMarkRange("link").setLink({ href }).run();
  };

  return (
    <form onSubmit={take} noValidate>
      <Stack gap="sm">
        <TextInput
          label={t("notes.link.address")}
          placeholder="https://"
          inputMode="url"
          autoComplete="off"
          dir="ltr"
          data-autofocus
          value={address}
          error={error}
          onChange={(event) => {
            setAddress(event.currentTarget.value);
            setError(undefined);
          }}
        />
        {needsText && (
          <TextInput
            label={t("notes.link.text")}
            description={t("notes.link.textHint")}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
      </Stack>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {t("room.cancel")}
        </Button>
        <Button type="submit">{t("notes.link.set")}</Button>
      </Group>
    </form>
  );
}

export function LinkDialog({ opened, onClose, editor }: LinkDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={t("notes.link.title")}
      centered
    >
      <LinkForm editor={editor} onClose={onClose} />
    </Dialog>
  );
}
