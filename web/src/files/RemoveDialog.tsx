/** Asks before a file is taken away from everyone. */
import type { Conference, SharedFile } from "@folkmoot/client";
import { Button, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { Dialog } from "../ui/Dialog";

interface RemoveDialogProps {
  file: SharedFile;
  conference: Pick<Conference, "files" | "dismiss">;
  onClose: () => void;
}

export function RemoveDialog({ file, conference, onClose }: RemoveDialogProps) {
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  return (
    <Dialog opened onClose={onClose} title={t("files.removeTitle")} centered>
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
    </Dialog>
  );
}
