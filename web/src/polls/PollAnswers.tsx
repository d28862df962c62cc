/** All answers of a poll, asked for when somebody wants to see them. */
import type { Conference, Poll, PollAnswer } from "@folkmoot/client";
import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { refusalOf, sentenceOf } from "../session/sentence";
import { Refusal } from "../talk/Refusal";
import { choiceText } from "./words";

interface PollAnswersProps {
  conference: { readonly talk: Pick<Conference["talk"], "pollAnswers"> };
  poll: Poll;
  yesno: readonly string[];
}

export function PollAnswers({ conference, poll, yesno }: PollAnswersProps) {
  const { t, i18n } = useTranslation();
  const [answers, setAnswers] = useState<readonly PollAnswer[]>();
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const ask = async () => {
    setBusy(true);
    setError(undefined);
    try {
      setAnswers(await conference.talk.pollAnswers(poll.id));
    } catch (thrown) {
      setError(sentenceOf(i18n, refusalOf(thrown)));
    }
    setBusy(false);
  };
  const lineOf = ({ text, choices, votes, name }: PollAnswer) => {
    const said = poll.kind === "text" ? text : choiceText(poll, choices, yesno);
    if (!poll.secret) return `${name}: ${said}`;
    return votes > 1 ? t("polls.timesSaid", { text: said, count: votes }) : said;
  };
  if (answers === undefined) {
    return (
      <>
        <Button variant="default" size="compact-sm" loading={busy} onClick={() => void ask()}>
          {t("polls.showAnswers")}
        </Button>
        <Refusal error={error} />
      </>
    );
  }
  if (answers.length === 0) return <p className="fm-talk-note">{t("polls.noAnswers")}</p>;
  return (
    <ul className="fm-answers" aria-label={t("polls.answers")}>
      {answers.map((answer, at) => (
        <li key={at} dir="auto">{lineOf(answer)}</li>
      ))}
    </ul>
  );
}
