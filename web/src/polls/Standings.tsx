/** Who has how many points over all published open quizzes. */
import type { Conference, PollList, Standing } from "@folkmoot/client";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

interface StandingsProps {
  conference: { readonly talk: Pick<Conference["talk"], "standings"> };
  polls: PollList;
}

export function Standings({ conference, polls }: StandingsProps) {
  const { t } = useTranslation();
  const [standings, setStandings] = useState<readonly Standing[]>([]);
  const counted = polls.filter((poll) => poll.kind === "quiz" && !poll.secret && poll.published);
  const { length } = counted;
  const { talk } = conference;
  useEffect(() => {
    if (length === 0) return undefined;
    let gone = false;
    talk.standings().then(
      (found) => {
        if (!gone) setStandings(found);
      },
      () => undefined, // it is asked again with the next quiz
    );
    return () => {
      gone = true;
    };
  }, [talk, length]);
  if (length === 0 || standings.length === 0) return null;
  return (
    <section className="fm-standings" aria-labelledby="fm-standings-title">
      <h3 id="fm-standings-title">{t("polls.standings")}</h3>
      <ol>
        {standings.map(({ person, name, points }) => (
          <li key={person}>
            <bdi>{name}</bdi>
            <span>{t("polls.points", { count: points })}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
