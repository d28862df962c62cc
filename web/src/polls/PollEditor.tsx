/** Drafts a poll, or changes a draft. */
import {
  POLL_OPTION_CHARACTERS_MAX,
  POLL_OPTIONS_MAX,
  POLL_TITLE_CHARACTERS_MAX,
  type PollKind,
  type Poll,
  type PollTerms,
} from "@folkmoot/client";
import { ActionIcon, Button, Checkbox, Group, NativeSelect, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { Dialog } from "../ui/Dialog";
import type { PollHost } from "./PollCard";

interface PollEditorProps {
  conference: PollHost;
  /** The draft to change; undefined for a new one, null while closed. */
  draft: Poll | undefined | null;
  onClose: () => void;
}

const KINDS: readonly PollKind[] = ["single", "multiple", "ranked", "yesno", "text", "quiz"];
const NEW: PollTerms = {
  kind: "single",
  title: "",
  options: ["", ""],
  right: [],
  points: 1,
  secret: true,
  live: false,
  changeable: true,
  choicesMax: 0,
  quorumPercent: 0,
};

interface OptionsProps {
  terms: PollTerms;
  onChange: (parts: Partial<PollTerms>) => void;
}

function Options({ terms, onChange }: OptionsProps) {
  const { t } = useTranslation();
  const { options, right } = terms;
  const drop = (at: number) => {
    const moved = right.filter((one) => one !== at).map((one) => (one > at ? one - 1 : one));
    onChange({ options: options.toSpliced(at, 1), right: moved });
  };
  return (
    <Stack gap="xs">
      {options.map((option, at) => (
        <Group key={at} gap="xs" wrap="nowrap">
          {terms.kind === "quiz" && (
            <Checkbox checked={right.includes(at)}
              aria-label={t("polls.isRight", { number: at + 1 })}
              onChange={(event) => {
                const others = right.filter((one) => one !== at);
                onChange({ right: event.target.checked ? [...others, at] : others });
              }} />
          )}
          <TextInput flex={1} value={option} maxLength={POLL_OPTION_CHARACTERS_MAX}
            aria-label={t("polls.optionLabel", { number: at + 1 })}
            placeholder={t("polls.optionLabel", { number: at + 1 })}
            onChange={(event) => onChange({ options: options.with(at, event.target.value) })} />
          <ActionIcon variant="subtle" color="gray" disabled={options.length <= 2}
            aria-label={t("polls.dropOption", { number: at + 1 })} onClick={() => drop(at)}>
            <IconX size={16} aria-hidden="true" />
          </ActionIcon>
        </Group>
      ))}
      <Button variant="subtle" size="compact-sm" disabled={options.length >= POLL_OPTIONS_MAX}
        leftSection={<IconPlus size={15} aria-hidden="true" />}
        onClick={() => onChange({ options: [...options, ""] })}>
        {t("polls.addOption")}
      </Button>
    </Stack>
  );
}

function Rules({ terms, onChange }: OptionsProps) {
  const { t } = useTranslation();
  const many = terms.kind === "multiple" || terms.kind === "ranked" || terms.kind === "quiz";
  const all = terms.options.length;
  return (
    <Stack gap="xs">
      {many && (
        <NumberInput label={t("polls.max")} min={1} max={all}
          value={terms.choicesMax || (terms.kind === "quiz" ? 1 : all)}
          onChange={(value) => onChange({ choicesMax: Number(value) || 1 })} />
      )}
      {terms.kind === "quiz" && (
        <NumberInput label={t("polls.pointsLabel")} min={1} max={1_000} value={terms.points}
          onChange={(value) => onChange({ points: Number(value) || 1 })} />
      )}
      <Checkbox label={t("polls.secretLabel")} checked={terms.secret}
        description={t(terms.secret ? "polls.secretHint" : "polls.namedHint")}
        onChange={(event) => onChange({ secret: event.target.checked })} />
      <Checkbox label={t("polls.liveLabel")} checked={terms.live}
        onChange={(event) => onChange({ live: event.target.checked })} />
      <Checkbox label={t("polls.changeLabel")} checked={terms.changeable}
        onChange={(event) => onChange({ changeable: event.target.checked })} />
      <NumberInput label={t("polls.quorumLabel")} min={0} max={100} value={terms.quorumPercent}
        onChange={(value) => onChange({ quorumPercent: Number(value) || 0 })} />
    </Stack>
  );
}

/** The terms as they are sent: without empty options, with a bound that fits them. */
export function cleaned(terms: PollTerms): PollTerms {
  const kept = terms.options.map((option) => option.trim());
  const places = kept.flatMap((option, at) => (option === "" ? [] : [at]));
  const options = places.map((at) => kept[at] ?? "");
  const asked = terms.kind !== "yesno" && terms.kind !== "text";
  const right = terms.kind === "quiz" ? terms.right.map((at) => places.indexOf(at)) : [];
  const usual = terms.kind === "quiz" ? Math.max(1, right.length) : options.length;
  return {
    ...terms,
    title: terms.title.trim(),
    options: asked ? options : [],
    right: right.filter((at) => at >= 0).toSorted((a, b) => a - b),
    choicesMax: asked ? Math.max(1, Math.min(terms.choicesMax || usual, options.length)) : 1,
  };
}

function Form({ conference, draft, onClose }: PollEditorProps) {
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  const [terms, setTerms] = useState<PollTerms>(
    draft ? { ...draft, options: draft.options.length > 1 ? draft.options : NEW.options } : NEW,
  );
  const change = (parts: Partial<PollTerms>) => setTerms((before) => ({ ...before, ...parts }));
  const ready = cleaned(terms);
  const optional = terms.kind === "yesno" || terms.kind === "text";
  const unmarked = terms.kind === "quiz" && ready.right.length === 0;
  const complete = ready.title !== "" && (optional || ready.options.length >= 2) && !unmarked;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { talk } = conference;
    const sent = draft ? talk.editPoll(draft.id, ready) : talk.createPoll(ready);
    void run(sent).then((saved) => saved && onClose());
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <NativeSelect label={t("polls.kind")} value={terms.kind}
          data={KINDS.map((kind) => ({ value: kind, label: t(`polls.kinds.${kind}`) }))}
          onChange={(event) => change({ kind: event.target.value as PollKind })} />
        <Textarea label={t("polls.question")} value={terms.title} autosize minRows={1} maxRows={5}
          maxLength={POLL_TITLE_CHARACTERS_MAX} data-autofocus
          onChange={(event) => change({ title: event.target.value })} />
        {!optional && <Options terms={terms} onChange={change} />}
        <Rules terms={terms} onChange={change} />
        {unmarked && <p className="fm-talk-note">{t("polls.needRight")}</p>}
        <Refusal error={error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t("room.cancel")}</Button>
          <Button type="submit" loading={busy} disabled={!complete}>{t("polls.save")}</Button>
        </Group>
      </Stack>
    </form>
  );
}

export function PollEditor({ conference, draft, onClose }: PollEditorProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened={draft !== null} onClose={onClose} centered
      title={t(draft ? "polls.editTitle" : "polls.newTitle")}>
      <Form conference={conference} draft={draft} onClose={onClose} />
    </Dialog>
  );
}
