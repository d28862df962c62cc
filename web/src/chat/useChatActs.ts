/** What a person does with messages, and what becomes of it when it is refused. */
import type { Submitted } from "@folkmoot/client";
import { useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { sentenceOf } from "../session/sentence";
import type { Message } from "../session/model";
import type { ChatPanelProps } from "./ChatPanel";
import { NEW, type Draft } from "./Composer";
import type { ChatValue } from "./context";
import type { Target } from "./MessageList";

/** To whom an answer goes: a whisper is answered to its author, or by them to the same person. */
export function audienceOfReply(message: Message): string {
  if (message.to === "" || message.to === "hosts") return message.to;
  return message.you ? message.to : message.author;
}

export function useChatActs(props: ChatPanelProps) {
  const { conference, messages, people, you, host, live, closed } = props;
  const reactClosed = closed?.("reactions");
  const talk = conference.messages;
  const { t, i18n } = useTranslation();
  const [draft, setDraft] = useState<Draft>(NEW);
  const [to, setTo] = useState("");
  const [error, setError] = useState<string>();
  const [target, setTarget] = useState<Target>();
  const before = useRef("");

  const watch = useCallback(
    (submitted: Submitted) => {
      void submitted.outcome.then((outcome) => {
        if (outcome.state !== "failed") return;
        conference.dismiss(submitted.id);
        setError(sentenceOf(i18n, outcome));
      });
    },
    [conference, i18n],
  );
  const finish = useCallback(() => {
    setDraft((now) => {
      if (now.kind === "reply") setTo(before.current);
      return NEW;
    });
  }, []);
  const jump = useCallback(
    async (id: string) => {
      const there = await talk.reach(id).catch(() => false);
      if (there) setTarget((last) => ({ key: id, turn: (last?.turn ?? 0) + 1 }));
      else setError(t("chat.notReached"));
    },
    [talk, t],
  );
  const older = useCallback(() => void talk.loadEarlier().catch(() => undefined), [talk]);

  const names = useMemo(() => new Map(people.map(({ id, name }) => [id, name])), [people]);
  const value = useMemo(
    (): ChatValue => ({
      you,
      host,
      live,
      reactClosed,
      nameOf: (person) => names.get(person) ?? t("chat.unknownPerson"),
      act: {
        retry: (message) => void conference.retry(message.key),
        discard: (message) => conference.dismiss(message.key),
        reply: (message) => {
          setDraft((now) => {
            if (now.kind !== "reply") before.current = to;
            return { kind: "reply", message };
          });
          setTo(audienceOfReply(message));
        },
        edit: (message) => setDraft({ kind: "edit", message }),
        remove: (message) => watch(talk.delete(message.id)),
        react: (message, emoji, on) => watch(talk.react(message.id, emoji, on)),
        pin: (message) => watch(talk.pin(message.id)),
        jump: (id) => void jump(id),
      },
    }),
    [you, host, live, reactClosed, names, t, conference, talk, watch, jump, to],
  );
  const editLast = () => {
    const last = messages.findLast((m) => m.you && m.id !== "" && m.deletedBy === "");
    if (last !== undefined) setDraft({ kind: "edit", message: last });
  };
  return { value, draft, to, setTo, error, setError, target, watch, finish, older, editLast };
}
