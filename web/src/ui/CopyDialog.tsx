/** Shows a text selected, for browsers that do not let a page copy by itself. */
import { Button, Group, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Dialog } from "./Dialog";

interface CopyDialogProps {
  opened: boolean;
  link: string;
  /** Key of another sentence than the usual one. */
  hint?: "roles.linkHint";
  /** Key of another title. */
  title?: "roles.ownLink";
  onClose: () => void;
}

export function CopyDialog({ opened, link, hint, title, onClose }: CopyDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={t(title ?? "room.copyTitle")}
      centered
    >
      <Text size="sm" mb="sm">
        {t(hint ?? "room.copyText")}
      </Text>
      <TextInput
        readOnly
        value={link}
        aria-label={t("room.linkLabel")}
        data-autofocus
        onFocus={(event) => event.currentTarget.select()}
      />
      <Group justify="flex-end" mt="md">
        <Button onClick={onClose}>{t("room.close")}</Button>
      </Group>
    </Dialog>
  );
}
