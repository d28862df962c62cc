/** The messages of the room; long lists draw only what is in view. */
import { Button } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { IconArrowDown, IconMessageCircle } from "@tabler/icons-react";
import { useEffect, useMemo, type RefObject } from "react";
import { useTranslation } from "react-i18next";

import { day, daysAgo } from "../lib/time";
import type { Message } from "../session/model";
import { MessageRow, type MessageActions } from "./MessageRow";
import { rowsOf, type Row } from "./rows";
import { useStickToBottom } from "./useStickToBottom";

/** Shorter lists are drawn whole: find-in-page and screen readers then see everything. */
export const WHOLE_ROWS_MAX = 400;

interface MessageListProps extends MessageActions {
  messages: readonly Message[];
  divider: string | undefined;
  unread: number;
  hasOlder?: boolean;
  onOlder?: () => void;
  onAtBottom: (atBottom: boolean) => void;
}

function DayLine({ time_ms }: { time_ms: number }) {
  const { t, i18n } = useTranslation();
  const days = daysAgo(time_ms, Date.now());
  const named = days === 0 ? t("chat.today") : days === 1 ? t("chat.yesterday") : undefined;
  return (
    <div className="fm-day">
      <span>{named ?? day(time_ms, i18n.language)}</span>
    </div>
  );
}

function NewLine() {
  const { t } = useTranslation();
  return (
    <div className="fm-new">
      <span>{t("chat.newMessages")}</span>
    </div>
  );
}

function RowView({ row, ...actions }: { row: Row } & MessageActions) {
  return (
    <>
      {row.day && <DayLine time_ms={row.message.time_ms} />}
      {row.divided && <NewLine />}
      <MessageRow message={row.message} first={row.first} last={row.last} {...actions} />
    </>
  );
}

interface RowsProps extends MessageActions {
  rows: readonly Row[];
  scroller: RefObject<HTMLElement | null>;
}

function WholeRows({ rows, onRetry, onDiscard }: RowsProps) {
  const { t } = useTranslation();
  return (
    <ul aria-label={t("chat.list")}>
      {rows.map((row) => (
        <li key={row.message.key}>
          <RowView row={row} onRetry={onRetry} onDiscard={onDiscard} />
        </li>
      ))}
    </ul>
  );
}

function VirtualRows({ rows, scroller, ...actions }: RowsProps) {
  const { t } = useTranslation();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 56,
    getItemKey: (index) => rows[index]?.message.key ?? index,
    initialOffset: () => scroller.current?.scrollTop ?? 0,
    overscan: 12,
    anchorTo: "end",
  });
  return (
    <ul
      aria-label={t("chat.list")}
      style={{ height: virtual.getTotalSize(), position: "relative" }}
    >
      {virtual.getVirtualItems().map((item) => {
        const row = rows[item.index];
        return (
          row && (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-setsize={rows.length}
              aria-posinset={item.index + 1}
              className="fm-virtual-row"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <RowView row={row} {...actions} />
            </li>
          )
        );
      })}
    </ul>
  );
}

function Empty() {
  const { t } = useTranslation();
  return (
    <div className="fm-empty">
      <IconMessageCircle size={34} stroke={1.3} aria-hidden="true" />
      <strong>{t("chat.empty")}</strong>
      <span>{t("chat.emptyHint")}</span>
    </div>
  );
}

export function MessageList(props: MessageListProps) {
  const { messages, divider, unread, hasOlder, onOlder, onAtBottom, ...actions } = props;
  const { t } = useTranslation();
  const rows = useMemo(() => rowsOf(messages, divider), [messages, divider]);
  const newest = messages.at(-1);
  const long = rows.length > WHOLE_ROWS_MAX;
  const stick = useStickToBottom({
    firstKey: messages[0]?.key,
    lastKey: newest?.key,
    lastOwn: newest !== undefined && newest.you && newest.status === "sending",
    anchored: long,
  });
  const { atBottom } = stick;
  useEffect(() => onAtBottom(atBottom), [atBottom, onAtBottom]);

  const Rows = long ? VirtualRows : WholeRows;
  return (
    <div className="fm-messages-frame">
      {/* Scrolling by keyboard needs the focus here. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section className="fm-messages" ref={stick.scroller} onScroll={stick.onScroll} tabIndex={0}
        aria-label={t("chat.list")}>
        <div ref={stick.content}>
          {hasOlder && onOlder && (
            <div className="fm-older">
              <Button variant="subtle" size="compact-sm" onClick={onOlder}>
                {t("chat.older")}
              </Button>
            </div>
          )}
          {rows.length === 0 ? (
            <Empty />
          ) : (
            <Rows rows={rows} scroller={stick.scroller} {...actions} />
          )}
        </div>
      </section>
      {!atBottom && (
        <Button
          className="fm-jump"
          size="compact-sm"
          radius="xl"
          variant={unread > 0 ? "filled" : "default"}
          leftSection={<IconArrowDown size={14} aria-hidden="true" />}
          aria-label={unread > 0 ? undefined : t("chat.jumpBottom")}
          onClick={stick.toBottom}
        >
          {unread > 0 ? t("chat.jump") : t("chat.jumpBottom")}
        </Button>
      )}
    </div>
  );
}
