/** Turning by buttons or by number, and how large the page is. */
import { ActionIcon, TextInput } from "@mantine/core";
import {
  IconChevronLeft,
  IconChevronRight,
  IconMaximize,
  IconMinimize,
  IconZoomIn,
  IconZoomOut,
} from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ZOOM_LAST } from "./zoom";

interface PagerProps {
  page: number;
  pages: number;
  zoom: number;
  full: boolean;
  children?: ReactNode;
  onTurn: (page: number) => void;
  onZoom: (step: 1 | -1 | 0) => void;
  onFull: () => void;
}

interface PagerButtonProps {
  label: string;
  Icon: typeof IconZoomIn;
  disabled?: boolean;
  flips?: boolean;
  onClick: () => void;
}

function PagerButton({ label, Icon, disabled = false, flips, onClick }: PagerButtonProps) {
  return (
    <ActionIcon variant="subtle" color="gray" size={34} aria-label={label} title={label}
      disabled={disabled} onClick={onClick}>
      <Icon size={20} stroke={1.7} aria-hidden="true" className={flips ? "fm-flip" : undefined} />
    </ActionIcon>
  );
}

export function Pager({ page, pages, zoom, full, children, onTurn, onZoom, onFull }: PagerProps) {
  const { t } = useTranslation();
  return (
    <div className="fm-pager">
      {children}
      <span className="fm-spring" />
      <PagerButton label={t("slides.previous")} Icon={IconChevronLeft} flips disabled={page <= 1}
        onClick={() => onTurn(page - 1)} />
      <PageNumber key={page} page={page} pages={pages} onTurn={onTurn} />
      <PagerButton label={t("slides.next")} Icon={IconChevronRight} flips disabled={page >= pages}
        onClick={() => onTurn(page + 1)} />
      <span className="fm-spring" />
      <PagerButton label={t("slides.zoomOut")} Icon={IconZoomOut} disabled={zoom <= 1}
        onClick={() => onZoom(-1)} />
      <PagerButton label={t("slides.zoomIn")} Icon={IconZoomIn} disabled={zoom >= ZOOM_LAST}
        onClick={() => onZoom(1)} />
      <PagerButton label={t(full ? "slides.leaveFull" : "slides.full")}
        Icon={full ? IconMinimize : IconMaximize} onClick={onFull} />
    </div>
  );
}

function PageNumber({ page, pages, onTurn }: Pick<PagerProps, "page" | "pages" | "onTurn">) {
  const { t } = useTranslation();
  const [text, setText] = useState(String(page));
  const go = () => {
    const wanted = Number(text);
    if (Number.isInteger(wanted) && wanted >= 1 && wanted <= pages) onTurn(wanted);
    else setText(String(page));
  };
  return (
    <form
      className="fm-pager-number"
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <TextInput size="xs" inputMode="numeric" value={text}
        aria-label={t("slides.number", { pages })}
        onChange={(event) => setText(event.currentTarget.value)}
        onFocus={(event) => event.currentTarget.select()} onBlur={go} />
      <span>/ {pages}</span>
    </form>
  );
}
