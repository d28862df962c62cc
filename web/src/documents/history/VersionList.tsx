/** The versions of a document, newest first, with who wrote in each. */
import type { DocumentVersion, Writer } from "@folkmoot/client";
import { IconClock, IconRestore, IconTag } from "@tabler/icons-react";
import type { KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { clock, day, sameDay } from "../../lib/time";
import { useColourOf } from "../../ui/colours";
import { PAST_KINDS } from "./kinds";

interface VersionListProps {
  kind: string;
  versions: readonly DocumentVersion[];
  wanted: readonly DocumentVersion[];
  chosen: string;
  onChoose: (version: string) => void;
}

const ICONS = { named: IconTag, hourly: IconClock, restore: IconRestore } as const;

/** Arrow keys go from version to version, as in a list of choices. */
export function onListKey(event: KeyboardEvent<HTMLElement>): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="option"]')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const target =
    event.key === "Home" ? 0
    : event.key === "End" ? rows.length - 1
    : event.key === "ArrowDown" ? Math.min(at + 1, rows.length - 1)
    : event.key === "ArrowUp" ? Math.max(at - 1, 0)
    : undefined;
  if (target === undefined || at < 0) return;
  event.preventDefault();
  rows[target]?.focus();
  rows[target]?.click();
}

/** Versions that are asked for and not made yet. */
export function Wanted({ wanted }: Pick<VersionListProps, "wanted">) {
  const { t } = useTranslation();
  return wanted.map(({ id, name }) => (
    <p key={id} className="fm-history-note">
      <bdi>{t("history.making", { name: name === "" ? t("history.hourly") : name })}</bdi>
    </p>
  ));
}

const WORDS = {
  characters: { added: "history.added", removed: "history.removed" },
  changes: { added: "history.changed", removed: "history.deleted" },
} as const;

function Writers({ writers, kind }: { writers: readonly Writer[]; kind: string }) {
  const { t } = useTranslation();
  const colourOf = useColourOf();
  const words = WORDS[PAST_KINDS[kind]?.counts ?? "changes"];
  return (
    <span className="fm-version-writers">
      {writers.map(({ person, name, added, removed }) => (
        <span key={person} className="fm-version-writer">
          <span className="fm-dot" style={{ backgroundColor: colourOf(person) }}
            aria-hidden="true" />
          <bdi>{person === "" ? t("history.others") : name}</bdi>
          {added > 0 && (
            <span>
              <span aria-hidden="true">+{added}</span>
              <span className="fm-hidden">{t(words.added, { count: added })}</span>
            </span>
          )}
          {removed > 0 && (
            <span>
              <span aria-hidden="true">−{removed}</span>
              <span className="fm-hidden">{t(words.removed, { count: removed })}</span>
            </span>
          )}
        </span>
      ))}
    </span>
  );
}

export function VersionList({ kind, versions, wanted, chosen, onChoose }: VersionListProps) {
  const { t, i18n } = useTranslation();
  const rows = [...versions].toReversed();
  const first = rows.some(({ id }) => id === chosen) ? chosen : rows[0]?.id;
  return (
    <>
      <Wanted wanted={wanted} />
      {/* A list of versions to look at, each with several lines, is no field of a form. */}
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role,
          jsx-a11y/interactive-supports-focus */}
      <div role="listbox" aria-label={t("history.versions")} className="fm-versions"
        onKeyDown={onListKey}>
        {rows.map(({ id, timeMs, reason, name, writers }, at) => {
          const Icon = ICONS[name === "" ? reason : "named"];
          const before = rows[at - 1];
          const newDay = before === undefined || !sameDay(before.timeMs, timeMs);
          return (
            <div key={id} role="presentation">
              {newDay && (
                <div className="fm-versions-day" role="presentation">
                  {day(timeMs, i18n.language)}
                </div>
              )}
              <button
                type="button"
                // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
                role="option"
                aria-selected={id === chosen}
                tabIndex={id === first ? 0 : -1}
                className="fm-version"
                onClick={() => onChoose(id)}
              >
                <Icon size={17} stroke={1.7} aria-hidden="true" />
                <span className="fm-version-text">
                  <span className="fm-version-name">
                    <bdi>{name === "" ? t(`history.${reason}`) : name}</bdi>
                    <time dateTime={new Date(timeMs).toISOString()}>
                      {clock(timeMs, i18n.language)}
                    </time>
                  </span>
                  <Writers kind={kind} writers={writers} />
                </span>
              </button>
            </div>
          );
        })}
      </div>
    </>
  );
}
