/** The tabs of the stage, by the pattern for tabs: arrows, Home and End; they scroll when many. */
import { IconBroadcast } from "@tabler/icons-react";
import { useEffect, useRef, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { KINDS } from "./kinds";
import type { Item } from "./model";

interface StageTabsProps {
  items: readonly Item[];
  titleOf: (item: Item) => string;
  /** Key of the one in sight. */
  open: string;
  /** Key of the one that everybody is shown. */
  shown: string | null;
  onOpen: (key: string) => void;
}

function stepOf(key: string, at: number, count: number, turned: boolean): number | null {
  const forward = turned ? -1 : 1;
  switch (key) {
    case "ArrowRight":
      return (at + forward + count) % count;
    case "ArrowLeft":
      return (at - forward + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

function onKey(event: KeyboardEvent<HTMLElement>): void {
  const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="tab"]')];
  const at = tabs.indexOf(document.activeElement as HTMLElement);
  const turned = getComputedStyle(event.currentTarget).direction === "rtl";
  const to = at < 0 ? null : stepOf(event.key, at, tabs.length, turned);
  if (to === null) return;
  event.preventDefault();
  tabs[to]?.focus();
  tabs[to]?.click();
}

export function StageTabs({ items, titleOf, open, shown, onOpen }: StageTabsProps) {
  const { t } = useTranslation();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const tab = document.getElementById(`fm-tab-${open}`);
    if (list.current === null || tab === null) return undefined;
    // Both change their size by themselves: a face comes beside them, a sign into the tab.
    const watch = new ResizeObserver(() => {
      // jsdom has no scrolling.
      tab.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    });
    watch.observe(list.current);
    watch.observe(tab);
    return () => watch.disconnect();
  }, [open]);
  return (
    // The arrow keys belong to the tabs inside.
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus
    <div ref={list} role="tablist" aria-label={t("room.documents")} onKeyDown={onKey}>
      {items.map((item) => {
        const Icon = KINDS.get(item.kind)?.Icon;
        return (
          <button
            key={item.key}
            type="button"
            role="tab"
            id={`fm-tab-${item.key}`}
            aria-controls={`fm-document-${item.key}`}
            aria-selected={open === item.key}
            tabIndex={open === item.key ? 0 : -1}
            onClick={() => onOpen(item.key)}
          >
            {Icon && <Icon size={17} stroke={1.7} aria-hidden="true" />}
            <bdi>{titleOf(item)}</bdi>
            {shown === item.key && (
              <>
                <IconBroadcast className="fm-stage-live" size={15} aria-hidden="true" />
                <span className="fm-hidden">{t("stage.shownMark")}</span>
              </>
            )}
          </button>
        );
      })}
    </div>
  );
}
