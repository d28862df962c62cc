/** Titles as people see them: those that a room begins with are in the person's language. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import type { Item } from "./model";

export function useTitles(): (item: Item) => string {
  const { t } = useTranslation();
  return useCallback(
    ({ id, title }) => {
      if (id === "notes" && title === "Notes") return t("room.notes");
      if (id === "pad" && title === "Pad") return t("room.pad");
      if (id === "board" && title === "Whiteboard") return t("stage.board");
      return title;
    },
    [t],
  );
}
