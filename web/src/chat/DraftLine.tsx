/** Says that the field holds an answer or an edit, and lets one give that up. */
import { CloseButton } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Draft } from "./Composer";

interface DraftLineProps {
  draft: Exclude<Draft, { kind: "new" }>;
  onCancel: () => void;
}

export function DraftLine({ draft, onCancel }: DraftLineProps) {
  const { t } = useTranslation();
  const { message } = draft;
  return (
    <div className="fm-draft-line">
      <div>
        <strong>
          {draft.kind === "edit" ? t("chat.editing") : t("chat.replyingTo", { name: message.name })}
        </strong>
        <span dir="auto">{message.text}</span>
      </div>
      <CloseButton size="sm" aria-label={t("chat.cancel")} onClick={onCancel} />
    </div>
  );
}
