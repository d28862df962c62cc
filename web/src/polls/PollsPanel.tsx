/** The room's polls, newest first, and the way to a new one. */
import type { Poll } from "@folkmoot/client";
import { Button } from "@mantine/core";
import { IconChartBar, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { ClosedNotice } from "../people/ClosedNotice";
import { useObservable } from "../session/hooks";
import { EmptyPanel } from "../talk/EmptyPanel";
import { PollCard, type PollHost } from "./PollCard";
import { PollEditor } from "./PollEditor";
import { Standings } from "./Standings";
import { VOTES_CLOSED } from "./VoteForm";

interface PollsPanelProps {
  conference: PollHost;
  manager: boolean;
  live: boolean;
  /** Why nobody of this role may vote just now. */
  closed?: string | undefined;
}

export function PollsPanel({ conference, manager, live, closed }: PollsPanelProps) {
  const { t } = useTranslation();
  const polls = useObservable(conference.talk.polls);
  const [draft, setDraft] = useState<Poll | undefined | null>(null);
  return (
    <>
      <h2 className="fm-panel-title" id="fm-polls-title">
        {t("polls.title")}
        {manager && (
          <Button size="compact-sm" variant="light" disabled={!live}
            leftSection={<IconPlus size={15} aria-hidden="true" />}
            onClick={() => setDraft(undefined)}>
            {t("polls.create")}
          </Button>
        )}
      </h2>
      <ClosedNotice id={VOTES_CLOSED} text={closed} />
      <div className="fm-talk-scroll">
        {polls.length === 0 && (
          <EmptyPanel Icon={IconChartBar} title={t("polls.empty")}
            hint={t(manager ? "polls.emptyHintRun" : "polls.emptyHint")} />
        )}
        <Standings conference={conference} polls={polls} />
        <ul className="fm-polls" aria-labelledby="fm-polls-title">
          {polls.toReversed().map((poll) => (
            <PollCard key={poll.id} conference={conference} poll={poll} manager={manager}
              live={live} closed={closed !== undefined} onEdit={() => setDraft(poll)} />
          ))}
        </ul>
      </div>
      <PollEditor conference={conference} draft={draft} onClose={() => setDraft(null)} />
    </>
  );
}
