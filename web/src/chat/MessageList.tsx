/** The messages of the room; long lists draw only what is in view. */
import { Button } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { IconArrowDown, IconMessageCircle } from "@tabler/icons-react";
import { useCallback, useEffect, useMemo, useRef, type RefObject } from "react";
import { useTranslation } from "react-i18next";

import { day, daysAgo } from "../lib/time";
import type { Message } from "../session/model";
import { MessageRow } from "./MessageRow";
import { rowAt, rowsOf, type Row } from "./rows";
import { useListKeys } from "./useListKeys";
import { useStickToBottom } from "./useStickToBottom";

/** Shorter lists are drawn whole: find-in-page and screen readers then see everything. */
export const WHOLE_ROWS_MAX = 400;

const NEAR_TOP_PX = 600;

/** A message to be shown, and each time anew, also if it is the same. */
export interface Target {
  key: string;
  turn: number;
}

interface MessageListProps {
  messages: readonly Message[];
  divider: string | undefined;
  unread: number;
  hasOlder?: boolean;
  onOlder?: () => void;
  onAtBottom: (atBottom: boolean) => void;
  target?: Target | undefined;
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

function RowView({ row }: { row: Row }) {
  return (
    <>
      {row.day && <DayLine time_ms={row.message.time_ms} />}
      {row.divided && <NewLine />}
      <MessageRow message={row.message} first={row.first} last={row.last} />
    </>
  );
}

/** Brings a row into view, whether or not it is drawn. */
type Reveal = (index: number) => void;

interface RowsProps {
  messages: readonly Message[];
  divider: string | undefined;
  scroller: RefObject<HTMLElement | null>;
  onReveal: (reveal: Reveal) => void;
}

function WholeRows({ messages, divider, onReveal, scroller }: RowsProps) {
  const { t } = useTranslation();
  const rows = useMemo(() => rowsOf(messages, divider), [messages, divider]);
  useEffect(() => {
    onReveal((index) =>
      rowElement(scroller.current, index)?.scrollIntoView?.({ block: "nearest" }),
    );
  }, [onReveal, scroller]);
  return (
    <ul aria-label={t("chat.list")}>
      {rows.map((row, index) => (
        <li key={row.message.key} data-index={index} tabIndex={-1}>
          <RowView row={row} />
        </li>
      ))}
    </ul>
  );
}

function VirtualRows({ messages, divider, scroller, onReveal }: RowsProps) {
  const { t } = useTranslation();
  const virtual = useVirtualizer({
    count: messages.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 56,
    getItemKey: (index) => messages[index]?.key ?? index,
    initialOffset: () => scroller.current?.scrollTop ?? 0,
    overscan: 12,
    anchorTo: "end",
  });
  useEffect(() => {
    onReveal((index) => virtual.scrollToIndex(index, { align: "auto" }));
  }, [onReveal, virtual]);
  return (
    <ul
      aria-label={t("chat.list")}
      style={{ height: virtual.getTotalSize(), position: "relative" }}
    >
      {virtual.getVirtualItems().map((item) => {
        const row = rowAt(messages, item.index, divider);
        return (
          row && (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              tabIndex={-1}
              aria-setsize={messages.length}
              aria-posinset={item.index + 1}
              className="fm-virtual-row"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <RowView row={row} />
            </li>
          )
        );
      })}
    </ul>
  );
}

function rowElement(scroller: HTMLElement | null, index: number): HTMLElement | null {
  return scroller?.querySelector<HTMLElement>(`li[data-index="${index}"]`) ?? null;
}

/** Shows a row and gives it the focus; a virtual list needs a few frames until it is drawn. */
function focusRow(scroller: HTMLElement | null, index: number, reveal: Reveal, frames = 30): void {
  const row = rowElement(scroller, index);
  reveal(index);
  if (row !== null) row.focus({ preventScroll: true });
  else if (frames > 0) {
    requestAnimationFrame(() => focusRow(scroller, index, reveal, frames - 1));
  }
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
  const { messages, divider, unread, hasOlder, onOlder, onAtBottom, target } = props;
  const { t } = useTranslation();
  const newest = messages.at(-1);
  const long = messages.length > WHOLE_ROWS_MAX;
  const stick = useStickToBottom({
    firstKey: messages[0]?.key,
    lastKey: newest?.key,
    lastOwn: newest !== undefined && newest.you && newest.status === "sending",
    anchored: long,
  });
  const { atBottom, scroller, letGo } = stick;
  useEffect(() => onAtBottom(atBottom), [atBottom, onAtBottom]);
  const reveal = useRef<Reveal>(() => undefined);
  const onReveal = useCallback((how: Reveal) => {
    reveal.current = how;
  }, []);
  const focus = (index: number) => {
    if (index < messages.length - 1) letGo();
    focusRow(scroller.current, index, reveal.current);
  };
  const onKeyDown = useListKeys({ messages, focus });
  const wanted = useRef(0);
  useEffect(() => {
    if (target === undefined || target.turn === wanted.current) return;
    const index = messages.findLastIndex((message) => message.key === target.key);
    if (index === -1) return;
    wanted.current = target.turn;
    focus(index);
    // `focus` is made anew in each drawing; what is looked for is not.
    // oxlint-disable-next-line
  }, [target, messages]);
  const onScroll = () => {
    stick.onScroll();
    const top = scroller.current?.scrollTop ?? 0;
    if (hasOlder && !atBottom && top < NEAR_TOP_PX) onOlder?.();
  };

  const Rows = long ? VirtualRows : WholeRows;
  return (
    <div className="fm-messages-frame">
      {/* Scrolling by keyboard needs the focus here, and so do the keys of messages. */}
      {/* oxlint-disable jsx-a11y/no-noninteractive-tabindex */}
      {/* oxlint-disable jsx-a11y/no-noninteractive-element-interactions */}
      <section className="fm-messages" ref={stick.scroller} onScroll={onScroll} tabIndex={0}
        onKeyDown={onKeyDown} aria-label={t("chat.list")} aria-describedby="fm-chat-keys">
        {/* oxlint-enable jsx-a11y/no-noninteractive-tabindex */}
        {/* oxlint-enable jsx-a11y/no-noninteractive-element-interactions */}
        <div ref={stick.content}>
          {hasOlder && onOlder && (
            <div className="fm-older">
              <Button variant="subtle" size="compact-sm" onClick={onOlder}>
                {t("chat.older")}
              </Button>
            </div>
          )}
          {messages.length === 0 ? (
            <Empty />
          ) : (
            <Rows
              messages={messages}
              divider={divider}
              scroller={stick.scroller}
              onReveal={onReveal}
            />
          )}
        </div>
      </section>
      <span id="fm-chat-keys" className="fm-hidden">
        {t("chat.keys")}
      </span>
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
