/** Whether everything typed here is in the room's log. */
import { IconAlertCircle, IconCloudCheck, IconCloudPause, IconCloudUp } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { SaveState } from "../session/model";
import { useCalm } from "../ui/useCalm";

const ICONS = {
  saved: IconCloudCheck,
  saving: IconCloudUp,
  waiting: IconCloudPause,
  failed: IconAlertCircle,
} satisfies Record<SaveState, unknown>;

/** Saving takes some milliseconds: only what takes longer than this is worth a change of sign. */
const CALM_MS = 250;

export function SaveIndicator({ state }: { state: SaveState }) {
  const { t } = useTranslation();
  const shown = useCalm(state, state === "saving", CALM_MS);
  const Icon = ICONS[shown];
  return (
    <span className="fm-save" data-state={shown} data-testid="document-state">
      <Icon size={17} stroke={1.7} aria-hidden="true" />
      {t(`documents.${shown}`)}
    </span>
  );
}
