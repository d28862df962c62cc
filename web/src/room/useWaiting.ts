/** How much waits for this person in each area. */
import type { Conference } from "@folkmoot/client";
import { useMemo } from "react";

import { useObservable } from "../session/hooks";
import type { Waiting } from "./PhoneTabs";

/** Shape: questions wait for those who run them, `manager`. */
export function useWaiting(
  talk: Pick<Conference["talk"], "polls" | "questions">,
  unread: number,
  files: number,
  manager: boolean,
): Waiting {
  const polls = useObservable(talk.polls);
  const { questions } = useObservable(talk.questions);
  return useMemo(
    () => ({
      chat: unread,
      files,
      polls: polls.filter(({ phase, mine }) => phase === "open" && mine === null).length,
      questions: manager ? questions.filter(({ phase }) => phase === "open").length : 0,
    }),
    [polls, questions, unread, files, manager],
  );
}
