/** One message: its text, what it answers, who else sees it, and what became of it. */
import { Button, Group, Tooltip } from "@mantine/core";
import {
  IconAlertCircle,
  IconCheck,
  IconClock,
  IconCopy,
  IconLock,
  IconRefresh,
  IconShield,
  IconTrash,
} from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";

import { clock, dateAndTime } from "../lib/time";
import type { Message, Quote } from "../session/model";
import { sentenceOf } from "../session/sentence";
import { useColourOf } from "../ui/colours";
import { Face } from "../ui/Face";
import { useCopy } from "../ui/useCopy";
import { useChat } from "./context";
import { MessageMenu } from "./MessageMenu";
import { MessageText } from "./MessageText";
import { Reactions } from "./Reactions";

interface MessageRowProps {
  message: Message;
  first: boolean;
  last: boolean;
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

function Failure({ message }: { message: Message }) {
  const { t, i18n } = useTranslation();
  const { act } = useChat();
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
          onClick={() => act.retry(message)}
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
          onClick={() => act.discard(message)}
        >
          {t("chat.discard")}
        </Button>
      </Group>
    </div>
  );
}

/** Who else can see it, when that is not everyone. */
function Audience({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { you, nameOf } = useChat();
  if (message.to === "") return null;
  const Icon = message.to === "hosts" ? IconShield : IconLock;
  const name = message.to === you ? t("chat.you") : message.toName || nameOf(message.to);
  return (
    <span className="fm-message-to">
      <Icon size={12} stroke={2} aria-hidden="true" />
      {message.to === "hosts" ? t("chat.toHosts") : t("chat.privateTo", { name })}
    </span>
  );
}

function Quoted({ quote }: { quote: Quote }) {
  const { t } = useTranslation();
  const { act } = useChat();
  return (
    <button type="button" className="fm-quote" onClick={() => act.jump(quote.id)}>
      <span className="fm-hidden">{t("chat.inReplyTo")} </span>
      <strong>
        <bdi>{quote.name}</bdi>
      </strong>
      <span dir="auto">{quote.text === "" ? t("chat.deleted") : quote.text}</span>
    </button>
  );
}

function Body({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { you } = useChat();
  if (message.deletedBy !== "") {
    const own = message.deletedBy === message.author;
    return (
      <div className="fm-bubble" data-deleted>
        {own ? t("chat.deleted") : t("chat.deletedByHost")}
      </div>
    );
  }
  return (
    <div
      className="fm-bubble"
      dir="auto"
      data-mentions-you={message.mentions.has(you) || undefined}
    >
      {message.reply !== null && <Quoted quote={message.reply} />}
      <MessageText text={message.text} mentions={message.mentions} you={you} />
    </div>
  );
}

function Meta({ message, last }: { message: Message; last: boolean }) {
  const { t, i18n } = useTranslation();
  return (
    <span
      className="fm-message-meta"
      data-shown={last || message.edited || message.to !== "" || message.status !== "saved"}
    >
      <Audience message={message} />
      <time
        dateTime={new Date(message.time_ms).toISOString()}
        title={dateAndTime(message.time_ms, i18n.language)}
      >
        {clock(message.time_ms, i18n.language)}
      </time>
      {message.edited && <span>{t("chat.edited")}</span>}
      {(message.you || message.status === "unconfirmed") && <Status status={message.status} />}
    </span>
  );
}

export const MessageRow = memo(function MessageRow({ message, first, last }: MessageRowProps) {
  const { t } = useTranslation();
  const colourOf = useColourOf();
  const actable = message.id !== "" && message.deletedBy === "";
  return (
    <div
      className="fm-message"
      data-own={message.you || undefined}
      data-first={first || undefined}
      data-last={last || undefined}
      data-status={message.status}
      data-private={message.to !== "" || undefined}
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
        <div className="fm-bubble-line">
          <Body message={message} />
          {actable && <MessageMenu message={message} />}
        </div>
        <Reactions message={message} />
        <Meta message={message} last={last} />
        {message.status === "failed" && <Failure message={message} />}
      </div>
    </div>
  );
});
