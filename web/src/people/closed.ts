/** What is closed just now for this person, and the sentence that says who closed it. */
import { isOpen, SETTINGS, type Roster } from "@folkmoot/client";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import type { en } from "../i18n/en";

export type Closable = Exclude<keyof typeof en.closed, "suspended">;

/** The sentence where a setting is closed, undefined where it is open. */
export type Closed = (setting: Closable) => string | undefined;

export function useClosed({ locks, persons }: Pick<Roster, "locks" | "persons">): Closed {
  const { t } = useTranslation();
  const role = persons.find((person) => person.self)?.role;
  return useCallback(
    (setting) => {
      if (role === undefined || isOpen(locks, setting, role)) return undefined;
      const suspended = locks.suspended && SETTINGS[setting].activity;
      return t(suspended ? "closed.suspended" : `closed.${setting}`);
    },
    [locks, role, t],
  );
}
