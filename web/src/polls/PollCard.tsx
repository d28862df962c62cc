/** One poll: the vote, how it stands or what came of it, and what its managers can do. */
import { type Conference, type Poll, quorumReached } from "@folkmoot/client";
import { Button, Group, Menu } from "@mantine/core";
import { IconDownload, IconEyeOff, IconPencil, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { ConfirmDialog } from "../talk/ConfirmDialog";
import { clockOf } from "../talk/duration";
import { Refusal } from "../talk/Refusal";
import { useLogTime } from "../talk/useLogTime";
import { useOperation } from "../talk/useOperation";
import { MoreMenu } from "../ui/MoreMenu";
import { PollAnswers } from "./PollAnswers";
import { PollResults } from "./PollResults";
import { VoteForm } from "./VoteForm";
import { choiceText, csvOf } from "./words";

export type PollHost = Pick<Conference, "talk" | "dismiss">;

interface PollCardProps {
  conference: PollHost;
  poll: Poll;
  manager: boolean;
  live: boolean;
  /** Nobody of this role may vote just now; the panel says why. */
  closed: boolean;
  onEdit: () => void;
}

const MINUTES = [1, 2, 5, 10, 30] as const;

/** The names of yes, no and abstain, in the order of a vote's numbers. */
export function useYesNo(): readonly string[] {
  const { t } = useTranslation();
  return [t("polls.yes"), t("polls.no"), t("polls.abstain")];
}

function save(name: string, text: string): void {
  const link = document.createElement("a");
  // The mark tells spreadsheets that it is UTF-8.
  link.href = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function Deadline({ conference, poll }: Pick<PollCardProps, "conference" | "poll">) {
  const { t } = useTranslation();
  const now = useLogTime(conference.talk, true);
  return (
    <span role="timer">{t("polls.closesIn", { time: clockOf(poll.deadlineMs - now + 999) })}</span>
  );
}

function Facts({ conference, poll }: Pick<PollCardProps, "conference" | "poll">) {
  const { t } = useTranslation();
  return (
    <p className="fm-poll-facts">
      <span className="fm-badge" data-phase={poll.phase}>{t(`polls.${poll.phase}`)}</span>
      <span>{t(`polls.kinds.${poll.kind}`)}</span>
      <span title={t(poll.secret ? "polls.secretHint" : "polls.namedHint")}>
        {poll.secret && <IconEyeOff size={13} stroke={2} aria-hidden="true" />}{" "}
        {t(poll.secret ? "polls.secret" : "polls.named")}
      </span>
      {poll.phase === "open" && poll.deadlineMs > 0 && (
        <Deadline conference={conference} poll={poll} />
      )}
    </p>
  );
}

function Turnout({ poll }: { poll: Poll }) {
  const { t } = useTranslation();
  if (poll.phase === "draft") return null;
  const { votes, eligible, quorumPercent: percent } = poll;
  return (
    <p className="fm-talk-note">
      {votes <= eligible
        ? t("polls.votesOf", { votes, eligible })
        : t("polls.votes", { count: votes })}
      {percent > 0 && (
        <>
          {" · "}
          {t(quorumReached(poll) ? "polls.quorumReached" : "polls.quorum", { percent })}
        </>
      )}
    </p>
  );
}

function OwnPart({ conference, poll, live, closed }: Omit<PollCardProps, "manager" | "onEdit">) {
  const { t } = useTranslation();
  const yesno = useYesNo();
  const { busy, error, run } = useOperation(conference);
  const [again, setAgain] = useState(false);
  const { mine } = poll;
  if (poll.phase === "open" && live && (mine === null || again)) {
    return (
      <>
        <VoteForm poll={poll} yesno={yesno} busy={busy} closed={closed} onVote={(vote) => {
          void run(conference.talk.vote(poll.id, vote)).then((saved) => saved && setAgain(false));
        }} />
        <Refusal error={error} />
      </>
    );
  }
  if (mine === null) return null;
  const said = poll.kind === "text" ? mine.text : choiceText(poll, mine.choices, yesno);
  return (
    <Group gap="xs" className="fm-poll-own">
      <span dir="auto">{t("polls.votedFor", { choice: said })}</span>
      {poll.phase === "open" && poll.changeable && live && !closed && (
        <Button variant="subtle" size="compact-sm" onClick={() => setAgain(true)}>
          {t("polls.changeVote")}
        </Button>
      )}
    </Group>
  );
}

type RunProps = Omit<PollCardProps, "manager" | "closed">;

type Run = Pick<ReturnType<typeof useOperation>, "run">;

function More({ conference, poll, onEdit, run }: RunProps & Run) {
  const { t } = useTranslation();
  const yesno = useYesNo();
  const saveCsv = async () => {
    const wanted = poll.kind === "text" || !poll.secret;
    const answers = wanted ? await conference.talk.pollAnswers(poll.id) : [];
    const words = {
      yesno,
      option: t("polls.option"),
      votes: t("polls.csvVotes"),
      name: t("polls.csvName"),
      answer: t("polls.csvAnswer"),
    };
    save("poll.csv", csvOf(poll, answers, words));
  };
  const [sure, setSure] = useState(false);
  const remove = () => {
    setSure(false);
    void run(conference.talk.removePoll(poll.id));
  };
  return (
    <>
      <ConfirmDialog opened={sure} title={t("polls.remove")} text={t("polls.removeSure")}
        onConfirm={remove} onClose={() => setSure(false)} />
      <MoreMenu label={t("polls.more", { title: poll.title })}>
        {poll.phase === "draft" && (
          <Menu.Item leftSection={<IconPencil size={16} aria-hidden="true" />} onClick={onEdit}>
            {t("polls.edit")}
          </Menu.Item>
        )}
        {poll.phase === "closed" && (
          <Menu.Item leftSection={<IconDownload size={16} aria-hidden="true" />}
            onClick={() => void saveCsv().catch(() => undefined)}>
            {t("polls.csv")}
          </Menu.Item>
        )}
        <Menu.Item c="var(--fm-bad)" leftSection={<IconTrash size={16} aria-hidden="true" />}
          onClick={poll.phase === "draft" ? remove : () => setSure(true)}>
          {t("polls.remove")}
        </Menu.Item>
      </MoreMenu>
    </>
  );
}

function StartMenu({ busy, onStart }: { busy: boolean; onStart: (seconds: number) => void }) {
  const { t } = useTranslation();
  return (
    <Menu shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button size="compact-md" loading={busy}>{t("polls.start")}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("polls.startFor")}</Menu.Label>
        <Menu.Item onClick={() => onStart(0)}>{t("polls.byHand")}</Menu.Item>
        {MINUTES.map((count) => (
          <Menu.Item key={count} onClick={() => onStart(count * 60)}>
            {t("polls.minutes", { count })}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function RunPart(props: RunProps) {
  const { conference, poll } = props;
  const { t } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  const { talk } = conference;
  return (
    <>
      <Group gap="xs" justify="flex-end">
        {poll.phase === "draft" && (
          <StartMenu busy={busy}
            onStart={(seconds) => void run(talk.startPoll(poll.id, seconds))} />
        )}
        {poll.phase === "open" && (
          <Button size="compact-md" variant="light" loading={busy}
            onClick={() => void run(talk.closePoll(poll.id))}>
            {t("polls.close")}
          </Button>
        )}
        {poll.phase === "closed" && !poll.published && (
          <Button size="compact-md" loading={busy}
            onClick={() => void run(talk.publishPoll(poll.id))}>
            {t("polls.publish")}
          </Button>
        )}
        <More {...props} run={run} />
      </Group>
      <Refusal error={error} />
    </>
  );
}

export function PollCard(props: PollCardProps) {
  const { conference, poll, manager, live, closed } = props;
  const { t } = useTranslation();
  const yesno = useYesNo();
  const answersShown = poll.phase === "closed" && (poll.published || manager);
  const late = poll.phase === "closed" && poll.counts === null;
  return (
    <li className="fm-poll">
      <Facts conference={conference} poll={poll} />
      <h3 dir="auto">{poll.title}</h3>
      {poll.phase === "draft" && poll.options.length > 0 && (
        <ul className="fm-poll-options">
          {(poll.kind === "yesno" ? yesno : poll.options).map((option) => (
            <li key={option} dir="auto">{option}</li>
          ))}
        </ul>
      )}
      {poll.phase !== "draft" && (
        <OwnPart conference={conference} poll={poll} live={live} closed={closed} />
      )}
      {poll.phase !== "draft" && <PollResults poll={poll} yesno={yesno} />}
      {poll.score !== null && (
        <p className="fm-poll-score">{t("polls.points", { count: poll.score })}</p>
      )}
      {answersShown && (poll.kind === "text" || !poll.secret) && (
        <PollAnswers conference={conference} poll={poll} yesno={yesno} />
      )}
      <Turnout poll={poll} />
      {late && <p className="fm-talk-note">{t("polls.resultsLater")}</p>}
      {manager && live && <RunPart {...props} />}
    </li>
  );
}
