/** Who else has this document open just now. */
import { Popover } from "@mantine/core";
import { memo, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Awareness } from "y-protocols/awareness";

import { initialsOf } from "../lib/colour";
import { safeColour } from "./colours";

export interface Present {
  client: number;
  name: string;
  color: string;
}

const FACES_MAX = 3;

/** Pure: everybody but oneself, by name. */
export function othersOf(awareness: Awareness): Present[] {
  const others: Present[] = [];
  for (const [client, state] of awareness.getStates()) {
    const user: unknown = state["user"];
    if (client === awareness.clientID || typeof user !== "object" || user === null) continue;
    const { name, color } = user as Record<string, unknown>;
    if (typeof name !== "string" || name === "") continue;
    const other = { client, name: name.slice(0, 64), color: safeColour(color) };
    // Somebody with two windows is one person.
    if (!others.some((one) => one.name === other.name && one.color === other.color)) {
      others.push(other);
    }
  }
  return others.sort((one, other) => one.name.localeCompare(other.name));
}

function same(one: readonly Present[], other: readonly Present[]): boolean {
  return (
    one.length === other.length &&
    one.every((a, at) => {
      const b = other[at];
      return b !== undefined && a.client === b.client && a.name === b.name && a.color === b.color;
    })
  );
}

function useOthers(awareness: Awareness): readonly Present[] {
  const [others, setOthers] = useState<readonly Present[]>(() => othersOf(awareness));
  useEffect(() => {
    // Carets move with every key; who is there changes seldom.
    const look = () =>
      setOthers((before) => {
        const now = othersOf(awareness);
        return same(before, now) ? before : now;
      });
    look();
    awareness.on("change", look);
    return () => awareness.off("change", look);
  }, [awareness]);
  return others;
}

export const Writers = memo(function Writers({ awareness }: { awareness: Awareness }) {
  const { t } = useTranslation();
  const others = useOthers(awareness);
  if (others.length === 0) return null;
  return (
    <Popover position="bottom-end" shadow="md" withinPortal>
      <Popover.Target>
        <button type="button" className="fm-writers">
          {/* In words: a label would contradict the letters that are to be seen. */}
          <span className="fm-hidden">{t("documents.others", { count: others.length })}</span>
          {others.slice(0, FACES_MAX).map(({ client, name, color }) => (
            <span key={client} className="fm-face" style={{ backgroundColor: color }}
              aria-hidden="true">
              {initialsOf(name)}
            </span>
          ))}
          <span className="fm-face fm-writers-count" aria-hidden="true">{others.length}</span>
          {others.length > FACES_MAX && (
            <span className="fm-writers-more" aria-hidden="true">+{others.length - FACES_MAX}</span>
          )}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <ul className="fm-writers-list">
          {others.map(({ client, name, color }) => (
            <li key={client}>
              <span className="fm-face" style={{ backgroundColor: color }} aria-hidden="true">
                {initialsOf(name)}
              </span>
              <bdi>{name}</bdi>
            </li>
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
});
