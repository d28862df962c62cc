/** A file that this page shares just now: how far it is, or why it was not taken. */
import { ActionIcon, Button, Progress } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { uploadSentence } from "./errors";
import { sizeOf } from "./kinds";
import type { UploadEntry, UploadQueue } from "./queue";

/** Refusals that the same file would meet again. */
const FINAL = new Set(["empty", "too_large", "mislabelled", "program", "mixed", "damaged",
  "too_many_pixels", "archive_bomb", "not_allowed", "folders"]);

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

export function UploadRow({ entry, queue }: { entry: UploadEntry; queue: UploadQueue }) {
  const { t, i18n } = useTranslation();
  const { id, name, bytes, done, phase, error } = entry;
  const failed = phase === "failed";
  const percent = bytes > 0 ? Math.floor((done / bytes) * 100) : 0;
  return (
    <li className="fm-file" data-failed={failed || undefined}>
      <div className="fm-file-text">
        <bdi className="fm-file-name" title={name}>{name}</bdi>
        {failed ? (
          <span className="fm-file-error" role="alert">{uploadSentence(i18n, error)}</span>
        ) : (
          <>
            <Progress size="sm" value={phase === "waiting" ? 0 : Math.max(percent, 2)}
              animated={phase === "examining"}
              aria-label={t("files.progress", { name })} />
            <span className="fm-talk-note">
              {phase === "sending"
                ? t("files.sending", {
                    done: sizeOf(done, i18n.language),
                    of: sizeOf(bytes, i18n.language),
                  })
                : t(phase === "waiting" ? "files.waiting" : "files.examining")}
            </span>
          </>
        )}
        {failed && !FINAL.has(codeOf(error)) && (
          <Button className="fm-file-again" size="compact-xs" variant="light"
            onClick={() => queue.retry(id)}>
            {t("files.again")}
          </Button>
        )}
      </div>
      <ActionIcon variant="subtle" color="gray" onClick={() => queue.drop(id)}
        aria-label={t(failed ? "files.dismiss" : "files.cancel", { name })}>
        <IconX size={18} aria-hidden="true" />
      </ActionIcon>
    </li>
  );
}
