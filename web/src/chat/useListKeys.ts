/** Keys of the message list: arrows go from message to message, letters do things with one. */
import { useCallback, type KeyboardEvent } from "react";

import type { Message } from "../session/model";
import { useChat } from "./context";

interface ListKeys {
  messages: readonly Message[];
  /** Brings a message into view and gives it the focus. */
  focus: (index: number) => void;
}

function indexOf(target: EventTarget): number | null {
  const row = target instanceof Element ? target.closest<HTMLElement>("[data-index]") : null;
  return row === null ? null : Number(row.dataset["index"]);
}

export function useListKeys({ messages, focus }: ListKeys) {
  const { act, you, host, live } = useChat();
  return useCallback(
    (event: KeyboardEvent<HTMLElement>) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const at = indexOf(event.target);
      const row = event.target instanceof HTMLLIElement ? event.target : null;
      if (event.key === "ArrowUp" || event.key === "ArrowDown") {
        if (at !== null && row === null) return; // a menu's own
        const step = event.key === "ArrowUp" ? -1 : 1;
        const next = at === null ? messages.length - 1 : at + step;
        if (next < 0 || next >= messages.length) return;
        event.preventDefault();
        focus(next);
        return;
      }
      const message = at === null ? undefined : messages[at];
      if (row === null || !live || message === undefined || message.id === "") return;
      if (message.deletedBy !== "") return;
      switch (event.key) {
        case "Enter":
        case "+":
          row.querySelector<HTMLButtonElement>(".fm-message-more")?.click();
          break;
        case "r":
          act.reply(message);
          break;
        case "e":
          if (message.author !== you) return;
          act.edit(message);
          break;
        case "Delete":
          if (message.author !== you && !host) return;
          act.remove(message);
          break;
        default:
          return;
      }
      event.preventDefault();
    },
    [messages, focus, act, you, host, live],
  );
}
