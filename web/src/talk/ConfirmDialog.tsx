/** Asks once more before something is gone for all. */
import { Button, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Dialog } from "../ui/Dialog";

interface ConfirmDialogProps {
  opened: boolean;
  title: string;
  text: string;
  onConfirm: () => void;
  onClose: () => void;
}

export function ConfirmDialog({ opened, title, text, onConfirm, onClose }: ConfirmDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={title} centered>
      <Text size="sm">{text}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>{t("room.cancel")}</Button>
        <Button color="red" onClick={onConfirm}>{title}</Button>
      </Group>
    </Dialog>
  );
}
