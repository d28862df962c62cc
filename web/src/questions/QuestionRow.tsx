/** One question: who asks, how many want to know it, its answer, and what can be done. */
import { ANSWER_CHARACTERS_MAX, type Conference, type Question } from "@folkmoot/client";
import { Button, Group, Menu, Textarea } from "@mantine/core";
import { IconCaretUpFilled, IconMicrophone2 } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { useInner } from "../ui/layers";
import { MoreMenu } from "../ui/MoreMenu";

interface QuestionRowProps {
  conference: Pick<Conference, "talk" | "dismiss">;
  question: Question;
  manager: boolean;
  live: boolean;
  closed?: string | undefined;
}

type Run = ReturnType<typeof useOperation>["run"];
type PartProps = Pick<QuestionRowProps, "conference" | "question"> & { run: Run };

type SupportProps = PartProps & Pick<QuestionRowProps, "live" | "closed">;

function Support({ conference, question, live, closed, run }: SupportProps) {
  const { t } = useTranslation();
  const waits = question.phase === "open" || question.phase === "taken";
  const { supports, supported, own } = question;
  const wanted = t(supported ? "questions.supported" : "questions.support");
  return (
    <button type="button" className="fm-support" aria-pressed={supported}
      disabled={!waits || own || !live || closed !== undefined} title={closed}
      aria-label={`${wanted}. ${t("questions.supports", { count: supports })}`}
      onClick={() => void run(conference.talk.support(question.id, !supported))}>
      <IconCaretUpFilled size={16} aria-hidden="true" />
      <span aria-hidden="true">{supports}</span>
    </button>
  );
}

function AnswerForm({ conference, question, run, onDone }: PartProps & { onDone: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(question.answer);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []); // the person asked for it
  const onKeyDown = useInner(onDone);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape alone
    <form className="fm-answer-form" onKeyDown={onKeyDown} onSubmit={(event) => {
      event.preventDefault();
      const sent = conference.talk.answerQuestion(question.id, text.trim());
      void run(sent).then((saved) => saved && onDone());
    }}>
      <Textarea value={text} autosize minRows={2} maxRows={8} maxLength={ANSWER_CHARACTERS_MAX}
        aria-label={t("questions.answerLabel", { text: question.text })} ref={field}
        onChange={(event) => setText(event.target.value)} />
      <Group justify="flex-end" gap="xs" mt="xs">
        <Button variant="default" size="compact-sm" onClick={onDone}>
          {t("questions.cancel")}
        </Button>
        <Button type="submit" size="compact-sm" disabled={text.trim() === ""}>
          {t("questions.send")}
        </Button>
      </Group>
    </form>
  );
}

function Actions({ conference, question, manager, run, onAnswer }: PartProps & {
  manager: boolean;
  onAnswer: () => void;
}) {
  const { t } = useTranslation();
  const { talk } = conference;
  const { id, phase, own } = question;
  const waits = phase === "open" || phase === "taken";
  if (!manager && !(own && waits)) return null;
  return (
    <MoreMenu label={t("questions.more", { text: question.text })}>
      {manager && phase === "open" && (
        <Menu.Item onClick={() => void run(talk.onQuestion(id, "take"))}>
          {t("questions.take")}
        </Menu.Item>
      )}
      {manager && waits && (
        <>
          <Menu.Item onClick={onAnswer}>{t("questions.answer")}</Menu.Item>
          <Menu.Item onClick={() => void run(talk.answerQuestion(id, ""))}>
            {t("questions.done")}
          </Menu.Item>
          <Menu.Item c="var(--fm-bad)" onClick={() => void run(talk.onQuestion(id, "dismiss"))}>
            {t("questions.dismiss")}
          </Menu.Item>
        </>
      )}
      {manager && !waits && (
        <Menu.Item onClick={() => void run(talk.onQuestion(id, "reopen"))}>
          {t("questions.reopen")}
        </Menu.Item>
      )}
      {own && waits && (
        <Menu.Item onClick={() => void run(talk.onQuestion(id, "withdraw"))}>
          {t("questions.withdraw")}
        </Menu.Item>
      )}
    </MoreMenu>
  );
}

export function QuestionRow(props: QuestionRowProps) {
  const { conference, question, manager, live, closed } = props;
  const { t } = useTranslation();
  const { error, run } = useOperation(conference);
  const [answering, setAnswering] = useState(false);
  const { phase, own, answer, answeredBy } = question;
  const part = { conference, question, run };
  return (
    <li className="fm-question" data-phase={phase}>
      <Support {...part} live={live} closed={closed} />
      <div className="fm-question-text">
        {phase === "taken" && (
          <span className="fm-badge">
            <IconMicrophone2 size={13} aria-hidden="true" />
            {t("questions.taken")}
          </span>
        )}
        <p dir="auto">{question.text}</p>
        <span className="fm-talk-note">
          <bdi>{question.name || t("questions.unnamed")}</bdi>
          {own && ` (${t("questions.you")})`}
        </span>
        {phase === "answered" && (
          <div className="fm-question-answer">
            <span className="fm-talk-note">
              {answer
                ? t("questions.answeredBy", { name: answeredBy })
                : t("questions.answeredLive")}
            </span>
            {answer && <p dir="auto">{answer}</p>}
          </div>
        )}
        {answering && <AnswerForm {...part} onDone={() => setAnswering(false)} />}
        <Refusal error={error} />
      </div>
      {live && <Actions {...part} manager={manager} onAnswer={() => setAnswering(true)} />}
    </li>
  );
}
