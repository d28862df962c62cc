/** What came of a poll, or how it stands: bars, winners, rounds of a ranking. */
import type { Poll, Ranking } from "@folkmoot/client";
import { IconCheck, IconTrophy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { optionsOf, percentOf } from "./words";

interface PollResultsProps {
  poll: Poll;
  yesno: readonly string[];
}

function Mark({ Icon, text }: { Icon: typeof IconCheck; text: string }) {
  return (
    <span className="fm-bar-mark">
      <Icon size={13} stroke={2.2} aria-hidden="true" />
      {text}
    </span>
  );
}

function Bars({ poll, yesno, counts }: PollResultsProps & { counts: readonly number[] }) {
  const { t } = useTranslation();
  const winners = poll.ranking?.winners ?? [];
  return (
    <ul className="fm-bars"
      aria-label={t(poll.kind === "ranked" ? "polls.firstPlaces" : "polls.results")}>
      {optionsOf(poll, yesno).map((option, at) => {
        const votes = counts[at] ?? 0;
        const percent = percentOf(votes, poll.votes);
        return (
          <li key={option}>
            <span className="fm-bar-text">
              <span className="fm-bar-option" dir="auto">{option}</span>
              {poll.right.includes(at) && <Mark Icon={IconCheck} text={t("polls.right")} />}
              {winners.length === 1 && winners[0] === at && (
                <Mark Icon={IconTrophy} text={t("polls.winner")} />
              )}
              {poll.mine?.choices.includes(at) === true && (
                <span className="fm-bar-own">{t("polls.yours")}</span>
              )}
              <span className="fm-bar-count">
                {votes} · {percent} %
              </span>
            </span>
            <span className="fm-bar" aria-hidden="true">
              <span style={{ inlineSize: `${percent}%` }} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Rounds({ ranking, options }: { ranking: Ranking; options: readonly string[] }) {
  const { t } = useTranslation();
  return (
    <details className="fm-rounds">
      <summary>{t("polls.rounds")}</summary>
      <div>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("polls.option")}</th>
              {ranking.rounds.map((_, at) => (
                <th key={at} scope="col">{t("polls.round", { round: at + 1 })}</th>
              ))}
              <th scope="col">{t("polls.borda")}</th>
            </tr>
          </thead>
          <tbody>
            {options.map((option, at) => (
              <tr key={option}>
                <th scope="row" dir="auto">{option}</th>
                {ranking.rounds.map((round, turn) => (
                  <td key={turn}>
                    {(round.counts[at] ?? -1) < 0 ? t("polls.out") : round.counts[at]}
                  </td>
                ))}
                <td>{ranking.borda[at]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

export function PollResults({ poll, yesno }: PollResultsProps) {
  const { t } = useTranslation();
  const { counts, ranking } = poll;
  if (counts === null) return null;
  const options = optionsOf(poll, yesno);
  const equal = ranking !== null && ranking.winners.length > 1;
  return (
    <>
      {poll.kind !== "text" && <Bars poll={poll} yesno={yesno} counts={counts} />}
      {equal && (
        <p className="fm-talk-note">
          {t("polls.winners", { names: ranking.winners.map((at) => options[at]).join(", ") })}
        </p>
      )}
      {ranking !== null && ranking.rounds.length > 0 && (
        <Rounds ranking={ranking} options={options} />
      )}
    </>
  );
}
