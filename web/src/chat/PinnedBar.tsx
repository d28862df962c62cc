/** The message that hosts pinned for everyone. */
import type { ChatMessage } from "@folkmoot/client";
import { CloseButton } from "@mantine/core";
import { IconPinFilled } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { useChat } from "./context";

interface PinnedBarProps {
  message: ChatMessage;
  by: string;
  onUnpin: () => void;
}

export function PinnedBar({ message, by, onUnpin }: PinnedBarProps) {
  const { t } = useTranslation();
  const { host, live, act } = useChat();
  return (
    <section className="fm-pinned" aria-label={t("chat.pinned")}>
      <IconPinFilled size={14} aria-hidden="true" />
      <button
        type="button"
        title={t("chat.pinnedBy", { name: by })}
        onClick={() => act.jump(message.id)}
      >
        <strong>
          <bdi>{message.name}</bdi>
        </strong>{" "}
        <span dir="auto">{message.text}</span>
      </button>
      {host && (
        <CloseButton size="sm" aria-label={t("chat.unpin")} disabled={!live} onClick={onUnpin} />
      )}
    </section>
  );
}
