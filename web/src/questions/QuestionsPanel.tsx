/** Questions of the room: what waits, what is answered, and the field to ask. */
import type { Conference, Question } from "@folkmoot/client";
import { Switch } from "@mantine/core";
import { IconHelpCircle } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { ClosedNotice } from "../people/ClosedNotice";
import { useObservable } from "../session/hooks";
import { EmptyPanel } from "../talk/EmptyPanel";
import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { AskForm } from "./AskForm";
import { ordered } from "./order";
import { QuestionRow } from "./QuestionRow";

interface QuestionsPanelProps {
  conference: Pick<Conference, "talk" | "dismiss">;
  manager: boolean;
  live: boolean;
  /** Why nobody of this role may ask or support just now. */
  closed?: string | undefined;
}

export function QuestionsPanel({ conference, manager, live, closed }: QuestionsPanelProps) {
  const { t } = useTranslation();
  const { questions, anonymousAllowed } = useObservable(conference.talk.questions);
  const { error, run } = useOperation(conference);
  const shown = useMemo(() => ordered(questions), [questions]);
  const list = (title: string, entries: readonly Question[]) =>
    entries.length > 0 && (
      <section className="fm-questions" aria-label={title}>
        <h3>{title}</h3>
        <ul>
          {entries.map((question) => (
            <QuestionRow key={question.id} conference={conference} question={question}
              manager={manager} live={live} closed={closed} />
          ))}
        </ul>
      </section>
    );
  return (
    <>
      <h2 className="fm-panel-title" id="fm-questions-title">
        {t("questions.title")}
        {shown.waiting.length > 0 && (
          <span className="fm-panel-note">
            {t("questions.count", { count: shown.waiting.length })}
          </span>
        )}
      </h2>
      <div className="fm-talk-scroll">
        {questions.length === 0 && (
          <EmptyPanel Icon={IconHelpCircle} title={t("questions.empty")}
            hint={t("questions.emptyHint")} />
        )}
        {list(t("questions.waiting"), shown.waiting)}
        {list(t("questions.done_list"), shown.answered)}
        {list(t("questions.dismissedList"), shown.dismissed)}
        {manager && (
          <Switch className="fm-questions-setting" size="sm" checked={anonymousAllowed}
            disabled={!live} label={t("questions.allowAnonymous")}
            onChange={(event) => void run(conference.talk.allowAnonymous(event.target.checked))} />
        )}
        <Refusal error={error} />
      </div>
      <ClosedNotice id="fm-questions-closed" text={closed} />
      <AskForm conference={conference} anonymousAllowed={anonymousAllowed}
        disabled={!live || closed !== undefined}
        describedBy={closed && "fm-questions-closed"} />
    </>
  );
}
