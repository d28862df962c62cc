/** When a document was edited and by whom, newest first, some minutes in a line. */
import { Button } from "@mantine/core";
import { IconPencil, IconTag } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { clock, day, sameDay } from "../../lib/time";
import { useColourOf } from "../../ui/colours";
import type { Group } from "./points";
import { onListKey } from "./VersionList";

interface PointListProps {
  groups: readonly Group[];
  /** Place of the point that is shown. */
  chosen: number;
  /** Names of versions that are points of a group. */
  namesOf: (group: Group) => readonly string[];
  more: boolean;
  busy: boolean;
  /** The place of a group's last point. */
  onChoose: (point: number) => void;
  onEarlier: () => void;
}

const WRITERS_MAX = 4;

function Row({ group, names, chosen, first, onChoose }: {
  group: Group;
  names: readonly string[];
  chosen: boolean;
  first: boolean;
  onChoose: (point: number) => void;
}) {
  const { t, i18n } = useTranslation();
  const { fromMs, timeMs, writers, edits, last } = group;
  const colourOf = useColourOf();
  const [from, to] = [clock(fromMs, i18n.language), clock(timeMs, i18n.language)];
  return (
    <button
      type="button"
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="option"
      aria-selected={chosen}
      tabIndex={first ? 0 : -1}
      className="fm-version"
      onClick={() => onChoose(last)}
    >
      <IconPencil size={17} stroke={1.7} aria-hidden="true" />
      <span className="fm-version-text">
        <span className="fm-version-name">
          <span className="fm-version-writers">
            {writers.slice(0, WRITERS_MAX).map(({ person, name }) => (
              <span key={person} className="fm-version-writer">
                <span className="fm-dot" style={{ backgroundColor: colourOf(person) }}
                  aria-hidden="true" />
                <bdi>{name === "" ? t("history.nobody") : name}</bdi>
              </span>
            ))}
            {writers.length > WRITERS_MAX && (
              <span>{t("history.moreWriters", { count: writers.length - WRITERS_MAX })}</span>
            )}
          </span>
          <time dateTime={new Date(timeMs).toISOString()}>
            {from === to ? to : t("history.fromTo", { from, to })}
          </time>
        </span>
        <span className="fm-version-writers">{t("history.edits", { count: edits })}</span>
        {names.map((name) => (
          <span key={name} className="fm-version-writers">
            <IconTag size={14} stroke={1.7} aria-hidden="true" />
            <bdi>{name}</bdi>
          </span>
        ))}
      </span>
    </button>
  );
}

export function PointList(props: PointListProps) {
  const { groups, chosen, namesOf, more, busy, onChoose, onEarlier } = props;
  const { t, i18n } = useTranslation();
  const rows = groups.toReversed();
  const at = rows.findIndex(({ first, last }) => first <= chosen && chosen <= last);
  return (
    <>
      {/* As with versions: each is several lines to look at, and no field of a form. */}
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role,
          jsx-a11y/interactive-supports-focus */}
      <div role="listbox" aria-label={t("history.points")} className="fm-versions"
        onKeyDown={onListKey}>
        {rows.map((group, place) => {
          const before = rows[place - 1];
          const newDay = before === undefined || !sameDay(before.timeMs, group.timeMs);
          return (
            <div key={group.fromMs + group.first / 1e6} role="presentation">
              {newDay && (
                <div className="fm-versions-day" role="presentation">
                  {day(group.timeMs, i18n.language)}
                </div>
              )}
              <Row group={group} names={namesOf(group)} chosen={place === at}
                first={place === Math.max(at, 0)} onChoose={onChoose} />
            </div>
          );
        })}
      </div>
      {more && (
        <Button variant="default" size="xs" loading={busy} onClick={onEarlier}>
          {t("history.earlier")}
        </Button>
      )}
    </>
  );
}
