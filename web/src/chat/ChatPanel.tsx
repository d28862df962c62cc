/** Chat of the room: the list, what is pinned, the search, and the field to write in. */
import type { Chat, Conference } from "@folkmoot/client";
import { ActionIcon, Alert } from "@mantine/core";
import { IconHistory, IconSearch } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { mentioned } from "../lib/rich";
import type { Closed } from "../people/closed";
import type { Message, Person } from "../session/model";
import { useAnnounce } from "../ui/announce";
import { Composer } from "./Composer";
import { ChatContext } from "./context";
import { MessageList } from "./MessageList";
import { PinnedBar } from "./PinnedBar";
import { SearchPanel } from "./SearchPanel";
import { TraceDialog } from "./TraceDialog";
import { TypingLine } from "./TypingLine";
import { useAnnounceMessages } from "./useAnnounceMessages";
import { useChatActs } from "./useChatActs";

export interface ChatPanelProps {
  conference: Pick<Conference, "messages" | "retry" | "dismiss">;
  slug: string;
  chat: Pick<Chat, "earlier" | "pinned" | "pinnedBy" | "typing">;
  messages: readonly Message[];
  people: readonly Person[];
  /** Names also of people who have left. */
  you: string;
  host: boolean;
  ready: boolean;
  live: boolean;
  closed?: Closed;
  unread: number;
  divider: string | undefined;
  onSent: () => void;
  onAtBottom: (atBottom: boolean) => void;
}

export function ChatPanel(props: ChatPanelProps) {
  const { conference, slug, chat, messages, people, host, ready, live, closed, onSent } = props;
  const talk = conference.messages;
  const { t } = useTranslation();
  const [searching, setSearching] = useState(false);
  const [tracing, setTracing] = useState(false);
  useAnnounceMessages(messages, ready, props.you, useAnnounce());
  const acts = useChatActs(props);
  const { draft, to, error } = acts;
  useEffect(() => {
    // Whom one wrote to has left: what comes next must not go to everyone unasked.
    if (to !== "" && to !== "hosts" && ready && !people.some(({ id }) => id === to)) {
      acts.setError(t("chat.gone"));
    }
    // To be ready again, or another language, is no departure.
    // oxlint-disable-next-line
  }, [to, people]);

  const send = (text: string) => {
    const persons = mentioned(text, people);
    if (draft.kind === "edit") {
      acts.watch(talk.edit(draft.message.id, text, persons));
    } else {
      onSent();
      const reply = draft.kind === "reply" ? draft.message.id : "";
      talk.say({ text, to, reply, mentions: persons });
    }
    acts.finish();
  };
  return (
    <ChatContext value={acts.value}>
      <div className="fm-chat-head">
        <h2 className="fm-panel-title" id="fm-chat-title">
          {t("room.chat")}
        </h2>
        {host && (
          <ActionIcon variant="subtle" color="gray" aria-label={t("chat.trace")} disabled={!live}
            onClick={() => setTracing(true)}>
            <IconHistory size={17} stroke={1.7} aria-hidden="true" />
          </ActionIcon>
        )}
        <ActionIcon variant="subtle" color="gray" aria-label={t("chat.search")} disabled={!live}
          aria-expanded={searching} onClick={() => setSearching(!searching)}>
          <IconSearch size={17} stroke={1.7} aria-hidden="true" />
        </ActionIcon>
      </div>
      {chat.pinned !== null && (
        <PinnedBar
          message={chat.pinned}
          by={chat.pinnedBy}
          onUnpin={() => acts.watch(talk.pin(""))}
        />
      )}
      {searching && (
        <SearchPanel
          talk={talk}
          onJump={acts.value.act.jump}
          onClose={() => setSearching(false)}
        />
      )}
      <MessageList
        messages={messages}
        divider={props.divider}
        unread={props.unread}
        hasOlder={chat.earlier}
        // A failed request leaves the button in place: one more press tries again.
        onOlder={acts.older}
        onAtBottom={props.onAtBottom}
        target={acts.target}
      />
      <TypingLine typing={chat.typing} />
      {error !== undefined && (
        <Alert color="red" withCloseButton className="fm-chat-error" role="alert"
          closeButtonLabel={t("chat.close")} onClose={() => acts.setError(undefined)}>
          {error}
        </Alert>
      )}
      <Composer
        slug={slug}
        disabled={!live}
        closed={{ everyone: closed?.("chat"), person: closed?.("private_chat") }}
        people={people}
        draft={draft}
        to={to}
        onTo={acts.setTo}
        onSend={send}
        onType={() => talk.type()}
        onCancel={acts.finish}
        onEditLast={acts.editLast}
      />
      <TraceDialog opened={tracing} talk={talk} onClose={() => setTracing(false)} />
    </ChatContext>
  );
}
