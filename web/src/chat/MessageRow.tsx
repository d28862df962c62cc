/** One message: text with links, time, and for one's own what became of it. */
import { Button, Group, Tooltip } from "@mantine/core";
import {
  IconAlertCircle,
  IconCheck,
  IconClock,
  IconCopy,
  IconRefresh,
  IconTrash,
} from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";

import { colourOf } from "../lib/colour";
import { linkify } from "../lib/linkify";
import { clock, dateAndTime } from "../lib/time";
import type { Message } from "../session/model";
import { sentenceOf } from "../session/sentence";
import { Face } from "../ui/Face";
import { useCopy } from "../ui/useCopy";

export interface MessageActions {
  onRetry: (message: Message) => void;
  onDiscard: (message: Message) => void;
}

interface MessageRowProps extends MessageActions {
  message: Message;
  first: boolean;
  last: boolean;
}

/** Plain text; addresses become links that tell the other side nothing about this page. */
export function MessageText({ text }: { text: string }) {
  return linkify(text).map((piece, index) =>
    piece.kind === "link" ? (
      <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
        {piece.text}
      </a>
    ) : (
      piece.text
    ),
  );
}

const STATUS_ICONS = {
  sending: IconClock,
  unconfirmed: IconClock,
  saved: IconCheck,
  failed: IconAlertCircle,
};

function Status({ status }: { status: Message["status"] }) {
  const { t } = useTranslation();
  const Icon = STATUS_ICONS[status];
  if (status === "failed") return null;
  return (
    <Tooltip label={t(`chat.${status}`)}>
      <span className="fm-message-status" data-status={status}>
        <Icon size={13} stroke={2.2} aria-hidden="true" />
        <span className="fm-hidden">{t(`chat.${status}`)}</span>
      </span>
    </Tooltip>
  );
}

function Failure({ message, onRetry, onDiscard }: { message: Message } & MessageActions) {
  const { t, i18n } = useTranslation();
  const { copied, copy } = useCopy();
  const refusal = { code: message.code, message: message.reason };
  const reason = sentenceOf(i18n, refusal);
  return (
    <div className="fm-message-failure">
      <p>
        <IconAlertCircle size={15} stroke={2} aria-hidden="true" />
        <span>{t("chat.failed", { reason })}</span>
      </p>
      <Group gap={4} justify="flex-end">
        <Button
          size="compact-xs"
          variant="light"
          leftSection={<IconRefresh size={13} aria-hidden="true" />}
          onClick={() => onRetry(message)}
        >
          {t("chat.retry")}
        </Button>
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<IconCopy size={13} aria-hidden="true" />}
          onClick={() => void copy(message.text)}
        >
          {copied ? t("chat.copied") : t("chat.copy")}
        </Button>
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<IconTrash size={13} aria-hidden="true" />}
          onClick={() => onDiscard(message)}
        >
          {t("chat.discard")}
        </Button>
      </Group>
    </div>
  );
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, first, last, onRetry, onDiscard } = props;
  const { t, i18n } = useTranslation();
  return (
    <div
      className="fm-message"
      data-own={message.you || undefined}
      data-first={first || undefined}
      data-last={last || undefined}
      data-status={message.status}
    >
      {!message.you && (
        <span className="fm-message-side">
          {first && <Face person={message.author} name={message.name} small />}
        </span>
      )}
      <div className="fm-message-body">
        {first && !message.you && (
          <span className="fm-message-name" style={{ "--fm-person": colourOf(message.author) }}>
            <bdi>{message.name}</bdi>
          </span>
        )}
        {(!first || message.you) && (
          <span className="fm-hidden">{message.you ? t("chat.you") : message.name}: </span>
        )}
        <div className="fm-bubble" dir="auto">
          <MessageText text={message.text} />
        </div>
        <span className="fm-message-meta" data-shown={last || message.status !== "saved"}>
          <time
            dateTime={new Date(message.time_ms).toISOString()}
            title={dateAndTime(message.time_ms, i18n.language)}
          >
            {clock(message.time_ms, i18n.language)}
          </time>
          {(message.you || message.status === "unconfirmed") && (
            <Status status={message.status} />
          )}
        </span>
        {message.status === "failed" && (
          <Failure message={message} onRetry={onRetry} onDiscard={onDiscard} />
        )}
      </div>
    </div>
  );
});
