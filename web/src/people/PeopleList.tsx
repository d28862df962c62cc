/** The list of people: short ones as they are, long ones drawn only where one looks. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { useTranslation } from "react-i18next";

import type { Line } from "./groups";
import type { PersonActions } from "./PersonMenu";
import { PersonRow } from "./PersonRow";

const PLAIN_MAX = 60;
const ROW_PX = 52;

interface PeopleListProps {
  lines: readonly Line[];
  actions: PersonActions | undefined;
  onRename: (() => void) | undefined;
}

function LineView({ line, actions, onRename }: Omit<PeopleListProps, "lines"> & { line: Line }) {
  const { t } = useTranslation();
  if (line.kind === "person") {
    return <PersonRow person={line.person} actions={actions} onRename={onRename} />;
  }
  return (
    <h3 className="fm-people-group">
      {t(`roles.group.${line.group}`)}
      <span className="fm-panel-note">{line.count}</span>
    </h3>
  );
}

const keyOf = (line: Line) => (line.kind === "group" ? `group ${line.group}` : line.person.id);

function LongList({ lines, ...rest }: PeopleListProps) {
  const { t } = useTranslation();
  const parent = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/react-compiler
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => parent.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => keyOf(lines[index] as Line),
    overscan: 8,
  });
  return (
    <div ref={parent} className="fm-people fm-people-long">
      <ul
        aria-label={t("people.list")}
        style={{ height: rows.getTotalSize(), position: "relative" }}
      >
        {rows.getVirtualItems().map((item) => (
          <li
            key={item.key}
            ref={rows.measureElement}
            data-index={item.index}
            aria-setsize={lines.length}
            aria-posinset={item.index + 1}
            style={{ position: "absolute", insetInline: 0, top: item.start }}
          >
            <LineView line={lines[item.index] as Line} {...rest} />
          </li>
        ))}
      </ul>
    </div>
  );
}

export function PeopleList(props: PeopleListProps) {
  const { t } = useTranslation();
  if (props.lines.length > PLAIN_MAX) return <LongList {...props} />;
  return (
    <ul className="fm-people" aria-label={t("people.list")}>
      {props.lines.map((line) => (
        <li key={keyOf(line)}>
          <LineView line={line} actions={props.actions} onRename={props.onRename} />
        </li>
      ))}
    </ul>
  );
}
