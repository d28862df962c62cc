/** Offers text whose edit was not taken, one notice after the other, so that nothing is lost. */
import type { Conference } from "@folkmoot/client";
import { Button, Group, Text, Textarea } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { sentenceOf } from "../session/sentence";
import { Dialog } from "../ui/Dialog";
import { useCopy } from "../ui/useCopy";

type Source = Pick<Conference, "notices" | "dismissNotice">;

export function OfferedText({ conference }: { conference: Source }) {
  const { t, i18n } = useTranslation();
  const notice = useObservable(conference.notices)[0];
  const { copied, copy } = useCopy();
  if (notice === undefined) return null;
  const close = () => conference.dismissNotice(notice.id);
  const { text } = notice;
  return (
    <Dialog
      opened
      onClose={close}
      title={notice.document === null ? t("app.name") : t("offered.title")}
      centered
      size="lg"
      closeOnClickOutside={false}
    >
      <Text size="sm">{sentenceOf(i18n, notice)}</Text>
      {text !== null && text !== "" && (
        <>
          <Text size="sm" mt="xs" mb="sm">
            {t("offered.text")}
          </Text>
          <Textarea
            readOnly
            autosize
            minRows={3}
            maxRows={12}
            value={text}
            aria-label={t("offered.label")}
            data-autofocus
            onFocus={(event) => event.currentTarget.select()}
          />
        </>
      )}
      <Group justify="flex-end" mt="lg">
        {text !== null && text !== "" && (
          <Button
            variant="light"
            leftSection={
              copied ? (
                <IconCheck size={16} aria-hidden="true" />
              ) : (
                <IconCopy size={16} aria-hidden="true" />
              )
            }
            onClick={() => void copy(text)}
          >
            {copied ? t("chat.copied") : t("offered.copy")}
          </Button>
        )}
        <Button onClick={close}>{t("offered.done")}</Button>
      </Group>
    </Dialog>
  );
}
