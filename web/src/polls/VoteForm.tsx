/** A person's vote, in the form that its poll asks for. */
import { POLL_TEXT_CHARACTERS_MAX, type Poll, type PollVote } from "@folkmoot/client";
import { Button, Checkbox, Radio, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { RankingField } from "./RankingField";
import { optionsOf } from "./words";

/** Id of what says why nobody of this role may vote. */
export const VOTES_CLOSED = "fm-votes-closed";

interface VoteFormProps {
  poll: Poll;
  yesno: readonly string[];
  busy: boolean;
  closed?: boolean;
  onVote: (vote: PollVote) => void;
}

type FieldProps = Pick<VoteFormProps, "poll"> & {
  options: readonly string[];
  choices: readonly number[];
  onChoices: (choices: readonly number[]) => void;
};

function Choices({ poll, options, choices, onChoices }: FieldProps) {
  const { t } = useTranslation();
  if (poll.kind === "ranked") {
    return (
      <RankingField options={options} most={poll.choicesMax} value={choices} onChange={onChoices} />
    );
  }
  if (poll.choicesMax === 1 || poll.kind === "single" || poll.kind === "yesno") {
    const chosen = choices[0];
    return (
      <Radio.Group aria-label={poll.title} value={chosen === undefined ? null : String(chosen)}
        onChange={(value) => onChoices([Number(value)])}>
        <Stack gap="xs">
          {options.map((option, at) => (
            <Radio key={option} value={String(at)} label={<bdi>{option}</bdi>} />
          ))}
        </Stack>
      </Radio.Group>
    );
  }
  return (
    <Checkbox.Group aria-label={poll.title}
      description={t("polls.chooseUpTo", { count: poll.choicesMax })}
      value={choices.map(String)} onChange={(values) => onChoices(values.map(Number))}>
      <Stack gap="xs" mt="xs">
        {options.map((option, at) => (
          <Checkbox key={option} value={String(at)} label={<bdi>{option}</bdi>}
            disabled={choices.length >= poll.choicesMax && !choices.includes(at)} />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

export function VoteForm({ poll, yesno, busy, closed = false, onVote }: VoteFormProps) {
  const { t } = useTranslation();
  const [choices, setChoices] = useState<readonly number[]>(poll.mine?.choices ?? []);
  const [text, setText] = useState(poll.mine?.text ?? "");
  const words = poll.kind === "text";
  return (
    <form className="fm-vote" onSubmit={(event) => {
      event.preventDefault();
      onVote({ choices: words ? [] : choices, text: words ? text : "" });
    }}>
      <fieldset className="fm-plain" disabled={closed} aria-label={poll.title}
        aria-describedby={closed ? VOTES_CLOSED : undefined}>
        {words ? (
          <Textarea label={t("polls.answer")} value={text} autosize minRows={2} maxRows={6}
            maxLength={POLL_TEXT_CHARACTERS_MAX}
            onChange={(event) => setText(event.target.value)} />
        ) : (
          <Choices poll={poll} options={optionsOf(poll, yesno)} choices={choices}
            onChoices={setChoices} />
        )}
        <Button type="submit" loading={busy}
          disabled={words ? text.trim() === "" : choices.length === 0}>
          {t("polls.vote")}
        </Button>
      </fieldset>
    </form>
  );
}
