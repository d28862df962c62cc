/** What can be done with a message. The menu is made once somebody wants it: rows stay light. */
import { Menu } from "@mantine/core";
import {
  IconArrowBackUp,
  IconCopy,
  IconDots,
  IconPencil,
  IconPin,
  IconTrash,
} from "@tabler/icons-react";
import { CHAT_REACTIONS } from "@folkmoot/client";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useChat } from "./context";
import type { Message } from "../session/model";
import { useCopy } from "../ui/useCopy";

function Items({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { you, host, reactClosed, act } = useChat();
  const { copy } = useCopy();
  const icon = { size: 16, stroke: 1.7, "aria-hidden": true } as const;
  return (
    <>
      {reactClosed !== undefined && <Menu.Label>{reactClosed}</Menu.Label>}
      <div className="fm-emoji-row" role="none" hidden={reactClosed !== undefined}>
        {CHAT_REACTIONS.map((emoji) => {
          const mine = (message.reactions.get(emoji) ?? []).includes(you);
          return (
            <Menu.Item
              key={emoji}
              className="fm-emoji"
              data-mine={mine || undefined}
              aria-label={t(mine ? "chat.unreact" : "chat.react", { emoji })}
              onClick={() => act.react(message, emoji, !mine)}
            >
              {emoji}
            </Menu.Item>
          );
        })}
      </div>
      <Menu.Item leftSection={<IconArrowBackUp {...icon} />} onClick={() => act.reply(message)}>
        {t("chat.reply")}
      </Menu.Item>
      <Menu.Item leftSection={<IconCopy {...icon} />} onClick={() => void copy(message.text)}>
        {t("chat.copy")}
      </Menu.Item>
      {message.you && (
        <Menu.Item leftSection={<IconPencil {...icon} />} onClick={() => act.edit(message)}>
          {t("chat.edit")}
        </Menu.Item>
      )}
      {host && message.to === "" && (
        <Menu.Item leftSection={<IconPin {...icon} />} onClick={() => act.pin(message)}>
          {t("chat.pin")}
        </Menu.Item>
      )}
      {(message.you || host) && (
        <Menu.Item
          color="red"
          leftSection={<IconTrash {...icon} />}
          onClick={() => act.remove(message)}
        >
          {t("chat.delete")}
        </Menu.Item>
      )}
    </>
  );
}

export function MessageMenu({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { live } = useChat();
  const [opened, setOpened] = useState<boolean>();
  const button = (
    <button
      type="button"
      className="fm-message-more"
      aria-label={t("chat.actions", { name: message.you ? t("chat.you") : message.name })}
      aria-haspopup="menu"
      disabled={!live}
      {...(opened === undefined && { onClick: () => setOpened(true) })}
    >
      <IconDots size={16} stroke={1.8} aria-hidden="true" />
    </button>
  );
  if (opened === undefined) return button;
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-end" shadow="md" width={232}>
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown>
        <Items message={message} />
      </Menu.Dropdown>
    </Menu>
  );
}
