/** Asks before a file is taken away from everyone. */
import type { Conference, SharedFile } from "@folkmoot/client";
import { Button, Group, Modal, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";

interface RemoveDialogProps {
  file: SharedFile;
  conference: Pick<Conference, "files" | "dismiss">;
  onClose: () => void;
}

export function RemoveDialog({ file, conference, onClose }: RemoveDialogProps) {
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  return (
    <Modal opened onClose={onClose} title={t("files.removeTitle")} centered
      closeButtonProps={{ "aria-label": t("room.close") }}>
      <Text size="sm" className="fm-file-asked">
        {t("files.removeText", { name: file.name })}
      </Text>
      <Refusal error={error} />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>{t("room.cancel")}</Button>
        <Button color="red" loading={busy}
          onClick={async () => {
            if (await run(conference.files.remove(file.id))) onClose();
          }}>
          {t("files.removeConfirm")}
        </Button>
      </Group>
    </Modal>
  );
}
