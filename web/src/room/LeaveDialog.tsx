import { Button, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Dialog } from "../ui/Dialog";

interface LeaveDialogProps {
  opened: boolean;
  unsaved: number;
  onLeave: () => void;
  onClose: () => void;
}

export function LeaveDialog({ opened, unsaved, onLeave, onClose }: LeaveDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={t("room.leaveTitle")}
      centered
    >
      <Text size="sm">{t("room.leaveText")}</Text>
      {unsaved > 0 && (
        <p className="fm-alert" role="alert">
          {t("room.leaveUnsaved")}
        </p>
      )}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          {t("room.cancel")}
        </Button>
        <Button color="red" onClick={onLeave}>
          {t("room.leaveConfirm")}
        </Button>
      </Group>
    </Dialog>
  );
}
