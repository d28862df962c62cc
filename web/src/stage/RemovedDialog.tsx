/** Documents that were removed and can be brought back. */
import type { Conference, RemovedDocument } from "@folkmoot/client";
import { Button, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { day } from "../lib/time";
import { useObservable } from "../session/hooks";
import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { Dialog } from "../ui/Dialog";

interface RemovedDialogProps {
  conference: Conference;
  /** Those that this person may bring back, oldest first. */
  removed: readonly RemovedDocument[];
  onBack: (id: string) => void;
  onClose: () => void;
}

export function RemovedDialog({ conference, removed, onBack, onClose }: RemovedDialogProps) {
  const { t, i18n } = useTranslation();
  const roster = useObservable(conference.roster);
  const { busy, error, run } = useOperation(conference);
  return (
    <Dialog opened onClose={onClose} title={t("stage.removed")} centered>
      <Text size="sm" c="dimmed">{t("stage.removedText")}</Text>
      <ul className="fm-removed">
        {removed.toReversed().map(({ id, title, removedBy, removedMs }) => (
          <li key={id}>
            <span>
              <bdi>{title}</bdi>
              <small>
                {t("stage.removedBy", {
                  name: roster.byId.get(removedBy)?.name ?? t("hands.somebody"),
                  when: day(removedMs, i18n.language),
                })}
              </small>
            </span>
            <Button size="compact-sm" variant="default" loading={busy}
              onClick={async () => {
                if (!(await run(conference.library.restoreRemoved(id)))) return;
                onBack(id);
                onClose();
              }}>
              {t("stage.bringBack")}
            </Button>
          </li>
        ))}
      </ul>
      <Refusal error={error} />
    </Dialog>
  );
}
