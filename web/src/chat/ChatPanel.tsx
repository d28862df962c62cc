/** Chat of the room: the list, and the field to write in. */
import type { Conference } from "@folkmoot/client";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import type { Message } from "../session/model";
import { useAnnounce } from "../ui/announce";
import { Composer } from "./Composer";
import { MessageList } from "./MessageList";
import { useAnnounceMessages } from "./useAnnounceMessages";

interface ChatPanelProps {
  conference: Pick<Conference, "post" | "retry" | "dismiss" | "loadEarlier">;
  slug: string;
  messages: readonly Message[];
  earlier: boolean;
  ready: boolean;
  live: boolean;
  unread: number;
  divider: string | undefined;
  onSent: () => void;
  onAtBottom: (atBottom: boolean) => void;
}

export function ChatPanel(props: ChatPanelProps) {
  const { conference, slug, messages, ready, live, unread, divider, onSent } = props;
  const { t } = useTranslation();
  useAnnounceMessages(messages, ready, useAnnounce());
  const onRetry = useCallback(
    (message: Message) => void conference.retry(message.key),
    [conference],
  );
  const onDiscard = useCallback(
    (message: Message) => conference.dismiss(message.key),
    [conference],
  );
  return (
    <>
      <h2 className="fm-panel-title" id="fm-chat-title">
        {t("room.chat")}
      </h2>
      <MessageList
        messages={messages}
        divider={divider}
        unread={unread}
        hasOlder={props.earlier}
        // A failed request leaves the button in place: one more press tries again.
        onOlder={() => void conference.loadEarlier().catch(() => undefined)}
        onAtBottom={props.onAtBottom}
        onRetry={onRetry}
        onDiscard={onDiscard}
      />
      <Composer
        slug={slug}
        disabled={!live}
        onSend={(text) => {
          onSent();
          conference.post(text);
        }}
      />
    </>
  );
}
