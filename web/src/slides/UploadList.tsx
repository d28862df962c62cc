/** Files on their way to become slides: how far each is, and what to do when one did not get on. */
import { DECK_BYTES_MAX } from "@folkmoot/client";
import { ActionIcon, Button, Progress } from "@mantine/core";
import { IconAlertTriangle, IconUpload, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { uploadSentence } from "../files/errors";
import { isSlides, type Sending } from "./uploads";
import type { Uploads } from "./useUploads";

function Row({ sending, uploads }: { sending: Sending; uploads: Uploads }) {
  const { t, i18n } = useTranslation();
  const { id, name, bytes, done, phase, code, message } = sending;
  const percent = bytes === 0 ? 0 : Math.floor((100 * done) / bytes);
  const failed = phase === "failed";
  const Icon = failed ? IconAlertTriangle : IconUpload;
  const says =
    failed ? uploadSentence(i18n, { code, message }, DECK_BYTES_MAX)
    : phase === "sending" ? t("slides.upload.sending", { percent })
    : t("slides.upload.examining");
  return (
    <li data-failed={failed || undefined}>
      <Icon size={17} stroke={1.7} aria-hidden="true" />
      <div className="fm-upload-text">
        <bdi>{name}</bdi>
        <span role={failed ? "alert" : undefined}>{says}</span>
        {!failed && (
          <Progress size="xs" value={phase === "sending" ? percent : 100}
            animated={phase !== "sending"} aria-label={t("slides.upload.progress", { name })} />
        )}
      </div>
      {failed && isSlides(name) && (
        <Button size="compact-sm" variant="default" onClick={() => uploads.again(id)}>
          {t("slides.retry")}
        </Button>
      )}
      <ActionIcon variant="subtle" color="gray" onClick={() => uploads.cancel(id)}
        aria-label={t(failed ? "slides.upload.dismiss" : "slides.upload.cancel", { name })}>
        <IconX size={16} stroke={1.8} aria-hidden="true" />
      </ActionIcon>
    </li>
  );
}

export function UploadList({ uploads }: { uploads: Uploads }) {
  const { t } = useTranslation();
  if (uploads.sendings.length === 0) return null;
  return (
    <ul className="fm-uploads" aria-label={t("slides.upload.list")}>
      {uploads.sendings.map((sending) => (
        <Row key={sending.id} sending={sending} uploads={uploads} />
      ))}
    </ul>
  );
}
