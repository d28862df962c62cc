/** Tells a screen reader what concerns everyone: polls, turns, the agenda, the timer's end. */
import type { Conference } from "@folkmoot/client";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { useAnnounce } from "../ui/announce";

/** Calls `tell` when the value becomes another one, but not with the first. */
function useChange<T>(value: T, ready: boolean, tell: (value: T) => void): void {
  const known = useRef<{ value: T } | null>(null);
  useEffect(() => {
    const before = known.current;
    known.current = ready ? { value } : null;
    if (ready && before !== null && before.value !== value) tell(value);
  }, [value, ready, tell]);
}

export function useAnnounceTalk(
  conference: Pick<Conference, "talk" | "status">,
  ready: boolean,
): void {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const { talk } = conference;
  const polls = useObservable(talk.polls);
  const { questions } = useObservable(talk.questions);
  const agenda = useObservable(talk.agenda);
  const { turn } = useObservable(talk.hands);
  const { person } = useObservable(conference.status);
  const newest = (titles: readonly string[]) => titles.at(-1) ?? "";
  const opened = newest(polls.filter(({ phase }) => phase === "open").map(({ title }) => title));
  const published = newest(polls.filter((poll) => poll.published).map(({ title }) => title));
  const taken = questions.find(({ phase }) => phase === "taken")?.text ?? "";
  const current = agenda.items.find(({ id }) => id === agenda.current)?.title ?? "";
  const over = agenda.timer?.over === true;
  const say = (text: string, wanted: boolean) => {
    if (wanted) announce(text);
  };
  useChange(opened, ready, (title) => say(t("polls.opened", { title }), title !== ""));
  useChange(published, ready, (title) => say(t("polls.published", { title }), title !== ""));
  useChange(taken, ready, (text) => say(t("questions.announced", { text }), text !== ""));
  useChange(current, ready, (title) => say(t("agenda.nowOn", { title }), title !== ""));
  useChange(turn === person, ready, (mine) => say(t("hands.yourTurn"), mine));
  useChange(over, ready, (ended) => {
    const label = agenda.timer?.label ?? "";
    say(label === "" ? t("agenda.isOver") : t("agenda.isOverOf", { label }), ended);
  });
}
