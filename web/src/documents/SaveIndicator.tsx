/** Whether everything typed here is in the room's log. */
import { IconAlertCircle, IconCloudCheck, IconCloudPause, IconCloudUp } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import type { SaveState } from "../session/model";

const ICONS = {
  saved: IconCloudCheck,
  saving: IconCloudUp,
  waiting: IconCloudPause,
  failed: IconAlertCircle,
} satisfies Record<SaveState, unknown>;

/** Saving takes some milliseconds: only what takes longer than this is worth a change of sign. */
const CALM_MS = 250;

function useCalm(state: SaveState): SaveState {
  const [shown, setShown] = useState(state);
  useEffect(() => {
    if (state !== "saving") {
      setShown(state);
      return undefined;
    }
    const timer = setTimeout(() => setShown(state), CALM_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return shown;
}

export function SaveIndicator({ state }: { state: SaveState }) {
  const { t } = useTranslation();
  const shown = useCalm(state);
  const Icon = ICONS[shown];
  return (
    <span className="fm-save" data-state={shown} data-testid="document-state">
      <Icon size={17} stroke={1.7} aria-hidden="true" />
      {t(`documents.${shown}`)}
    </span>
  );
}
