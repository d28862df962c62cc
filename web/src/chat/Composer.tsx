/** Where a message is written: to whom, in answer to what, in place of what. Survives a reload. */
import { ActionIcon, NativeSelect, Textarea } from "@mantine/core";
import { IconCheck, IconLock, IconSend2 } from "@tabler/icons-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { CHAT_CHARACTERS_MAX, characters } from "../lib/limits";
import { read, write } from "../lib/storage";
import { ClosedNotice } from "../people/ClosedNotice";
import type { Message, Person } from "../session/model";
import { DraftLine } from "./DraftLine";
import { MentionList } from "./MentionList";
import { useMentions } from "./useMentions";

/** What the field is for: something new, an answer, or another text of one's own message. */
export type Draft =
  | { kind: "new" }
  | { kind: "reply"; message: Message }
  | { kind: "edit"; message: Message };

export const NEW: Draft = { kind: "new" };

interface ComposerProps {
  slug: string;
  disabled: boolean;
  /** Why nothing can be written to everyone, or to one person; to the hosts it always can. */
  closed?: { everyone?: string | undefined; person?: string | undefined };
  people: readonly Person[];
  draft: Draft;
  /** Empty for everyone, "hosts", or a person. */
  to: string;
  onTo: (to: string) => void;
  onSend: (text: string) => void;
  onType?: () => void;
  onCancel?: () => void;
  /** The arrow key up in an empty field: one's last message. */
  onEditLast?: () => void;
}

/** Takes out what cannot be seen and the server refuses: controls and direction overrides. */
export function cleaned(text: string): string {
  return text
    .replace(/\r\n?/gu, "\n")
    // oxlint-disable-next-line no-control-regex
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu, "")
    .trim();
}

/** The text of the field; an edit has its own, and what was typed before comes back after. */
function useDraftText(slug: string, draft: Draft) {
  const stored = `folkmoot.draft.${slug}`;
  const [text, setText] = useState(() => read(stored) ?? "");
  const [changed, setChanged] = useState("");
  const editing = draft.kind === "edit" ? draft.message : null;
  const key = editing?.key;
  // Once for each message that is edited: others may change its text while one writes.
  // oxlint-disable-next-line
  useEffect(() => setChanged(editing?.text ?? ""), [key]);
  const change = (value: string) => {
    if (editing !== null) setChanged(value);
    else {
      setText(value);
      write(stored, value);
    }
  };
  return { text: editing === null ? text : changed, change };
}

type AudienceProps = Pick<ComposerProps, "to" | "people" | "disabled" | "closed" | "onTo">;

function AudienceSelect({ to, people, disabled, closed, onTo }: AudienceProps) {
  const { t } = useTranslation();
  const others = people.filter(
    ({ you, presence, id }) =>
      !you && (id === to || (presence !== "away" && closed?.person === undefined)),
  );
  return (
    <NativeSelect
      className="fm-composer-to"
      size="xs"
      variant="unstyled"
      aria-label={t("chat.to")}
      value={to}
      disabled={disabled}
      leftSection={to === "" ? undefined : <IconLock size={13} stroke={2} aria-hidden="true" />}
      data={[
        { value: "", label: t("chat.toEveryone") },
        { value: "hosts", label: t("chat.toHosts") },
        ...others.map(({ id, name }) => ({ value: id, label: t("chat.privateTo", { name }) })),
      ]}
      onChange={(event) => onTo(event.currentTarget.value)}
    />
  );
}

export function Composer(props: ComposerProps) {
  const { slug, people, draft, to, closed, onSend, onType, onCancel, onEditLast } = props;
  const { t } = useTranslation();
  const field = useRef<HTMLTextAreaElement>(null);
  const { text, change } = useDraftText(slug, draft);
  const mentions = useMentions({ field, text, people, change });
  const excess = characters(text) - CHAT_CHARACTERS_MAX;
  const editing = draft.kind === "edit";
  // To the hosts one can always write, and what one wrote can always be edited.
  const reason = to === "" ? closed?.everyone : to === "hosts" ? undefined : closed?.person;
  const blocked = editing ? undefined : reason;
  const disabled = props.disabled || blocked !== undefined;
  const ready = !disabled && excess <= 0 && cleaned(text) !== "";

  const about = draft.kind === "new" ? "" : `${draft.kind} ${draft.message.key}`;
  useEffect(() => {
    if (about !== "") field.current?.focus();
  }, [about]);

  const send = () => {
    if (!ready) return;
    onSend(cleaned(text));
    if (!editing) change("");
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing || mentions.onKeyDown(event)) return;
    if (event.key === "Escape" && draft.kind !== "new") {
      event.stopPropagation();
      onCancel?.();
    } else if (event.key === "ArrowUp" && text === "" && draft.kind === "new") {
      event.preventDefault();
      onEditLast?.();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    }
  };

  return (
    <form
      className="fm-composer"
      data-private={to !== "" || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {draft.kind === "new" ? null : <DraftLine draft={draft} onCancel={() => onCancel?.()} />}
      {!editing && (
        <AudienceSelect
          to={to}
          people={people}
          closed={closed}
          disabled={props.disabled || (draft.kind === "reply" && draft.message.to !== "")}
          onTo={props.onTo}
        />
      )}
      <ClosedNotice id="fm-chat-closed" text={blocked} />
      <MentionList {...mentions} />
      <div className="fm-composer-line">
        <Textarea
          ref={field}
          className="fm-composer-field"
          autosize
          minRows={1}
          maxRows={7}
          dir="auto"
          value={text}
          disabled={disabled}
          placeholder={t("chat.placeholder")}
          aria-label={t("chat.label")}
          aria-describedby={blocked && "fm-chat-closed"}
          description={t("chat.hint")}
          descriptionProps={{ className: "fm-hidden" }}
          error={excess > 0 ? t("chat.tooLong", { count: excess }) : undefined}
          enterKeyHint="send"
          {...mentions.fieldProps}
          onChange={(event) => {
            change(event.currentTarget.value);
            if (to === "" && !editing && event.currentTarget.value !== "") onType?.();
          }}
          onKeyDown={onKeyDown}
        />
        <ActionIcon
          type="submit"
          size={38}
          radius="md"
          aria-label={t(editing ? "chat.saveEdit" : "chat.send")}
          disabled={!ready}
          className="fm-composer-send"
        >
          {editing ? (
            <IconCheck size={18} stroke={2} aria-hidden="true" />
          ) : (
            <IconSend2 size={18} stroke={1.8} aria-hidden="true" />
          )}
        </ActionIcon>
      </div>
    </form>
  );
}
