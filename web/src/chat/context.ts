/** What every part of the chat needs: who reads, and what can be done with a message. */
import { createContext, useContext } from "react";

import type { Message } from "../session/model";

export interface MessageActs {
  retry: (message: Message) => void;
  discard: (message: Message) => void;
  reply: (message: Message) => void;
  edit: (message: Message) => void;
  remove: (message: Message) => void;
  react: (message: Message, emoji: string, on: boolean) => void;
  pin: (message: Message) => void;
  /** Goes to a message, loading what lies between. */
  jump: (id: string) => void;
}

export interface ChatValue {
  you: string;
  host: boolean;
  live: boolean;
  /** Why nobody of this role may react just now. */
  reactClosed?: string | undefined;
  nameOf: (person: string) => string;
  act: MessageActs;
}

const nothing = () => undefined;

export const NO_CHAT_VALUE: ChatValue = {
  you: "",
  host: false,
  live: true,
  nameOf: () => "",
  act: {
    retry: nothing,
    discard: nothing,
    reply: nothing,
    edit: nothing,
    remove: nothing,
    react: nothing,
    pin: nothing,
    jump: nothing,
  },
};

export const ChatContext = createContext<ChatValue>(NO_CHAT_VALUE);

export function useChat(): ChatValue {
  return useContext(ChatContext);
}
