/** A shared file: what it is, whose, and what can be done with it. */
import type { Conference, SharedFile } from "@folkmoot/client";
import { ActionIcon } from "@mantine/core";
import { IconDownload, IconPresentation, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { clock, dateAndTime, sameDay } from "../lib/time";
import { KIND_ICONS, kindOf, sizeOf } from "./kinds";
import { usePicture } from "./usePicture";

interface FileRowProps {
  file: SharedFile;
  files: Conference["files"];
  /** Whether this person may take it away. */
  removable: boolean;
  live: boolean;
  nowMs: number;
  /** Makes slides of it; undefined where that cannot be. */
  onSlides: (() => void) | undefined;
  onDownload: () => void;
  onRemove: () => void;
}

function Face({ file, files }: Pick<FileRowProps, "file" | "files">) {
  const kind = kindOf(file.type);
  const address = usePicture(files, file.preview ? file.id : null);
  const Icon = KIND_ICONS[kind];
  return (
    <span className="fm-file-face" data-kind={kind}>
      {address === null ? (
        <Icon size={22} stroke={1.5} aria-hidden="true" />
      ) : (
        <img src={address} alt="" draggable={false} />
      )}
    </span>
  );
}

export function FileRow(props: FileRowProps) {
  const { file, removable, live, nowMs, onSlides, onDownload, onRemove } = props;
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const when = sameDay(file.sharedMs, nowMs)
    ? clock(file.sharedMs, language)
    : new Intl.DateTimeFormat(language, { day: "numeric", month: "short" }).format(file.sharedMs);
  return (
    <li className="fm-file">
      <Face file={file} files={props.files} />
      <div className="fm-file-text">
        <bdi className="fm-file-name" title={file.name}>{file.name}</bdi>
        <span className="fm-talk-note">
          {t(`files.kinds.${kindOf(file.type)}`)} · {sizeOf(file.bytes, language)}
        </span>
        <span className="fm-talk-note">
          <bdi>{file.by}</bdi> ·{" "}
          <time dateTime={new Date(file.sharedMs).toISOString()}
            title={dateAndTime(file.sharedMs, language)}>
            {when}
          </time>
        </span>
      </div>
      {onSlides !== undefined && (
        <ActionIcon variant="subtle" disabled={!live} onClick={onSlides}
          aria-label={t("slides.make", { name: file.name })}
          title={t("slides.make", { name: file.name })}>
          <IconPresentation size={18} aria-hidden="true" />
        </ActionIcon>
      )}
      <ActionIcon variant="subtle" disabled={!live} onClick={onDownload}
        aria-label={t("files.download", { name: file.name })}>
        <IconDownload size={18} aria-hidden="true" />
      </ActionIcon>
      {removable && (
        <ActionIcon variant="subtle" color="gray" disabled={!live} onClick={onRemove}
          aria-label={t("files.remove", { name: file.name })}>
          <IconTrash size={18} aria-hidden="true" />
        </ActionIcon>
      )}
    </li>
  );
}
