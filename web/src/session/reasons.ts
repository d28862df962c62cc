/**
 * What the server says with a refusal beyond its code. It says it in English; these are the
 * sentences that the page knows in every language. A test compares them with the server's
 * (tests/unit/test_page_reasons.py).
 */
import type { en } from "../i18n/en";

type Reason = keyof typeof en.reasons;

/** Shape: by the server's sentence, with `#` for each number. */
export const REASONS: Readonly<Record<string, Reason>> = {
  "A timer runs for at most a day.": "timerDay",
  "An agenda has at most # items.": "agendaFull",
  "There is no timer just now.": "noTimer",
  "The agenda has gone on already.": "agendaWentOn",
  "Call everybody back before you make other rooms.": "callBackFirst",
  "The last rooms are still being closed. Try again soon.": "roomsClosing",
  "At most # rooms.": "roomsMost",
  "No rooms are open.": "noRooms",
  "You are not assigned to this room.": "notAssigned",
  "No host is here to read this.": "noHostHere",
  "Only a message to everyone can be pinned.": "pinPublic",
  "What this quotes was not for all who would see it.": "quoteHidden",
  "This person is not here.": "personAbsent",
  "Your last export is still being made.": "exportMaking",
  "Too many exports are being made in this room. Try again later.": "exportsMany",
  "This hand is down already.": "handDown",
  "A quiz needs at least one right answer.": "quizRight",
  "A poll has # to # options.": "pollOptions",
  "Two options are the same.": "optionsSame",
  "Choose something first.": "chooseFirst",
  "Choose at most #, each once.": "chooseMost",
  "This poll is not a draft one any more.": "pollChanged",
  "This poll is not a open one any more.": "pollChanged",
  "This poll is not a closed one any more.": "pollChanged",
  "A room holds # polls. Remove one first.": "pollsFull",
  "A poll lasts at most a week.": "pollWeek",
  "The votes of this room are full. Remove a poll first.": "votesFull",
  "Questions without a name are not allowed here just now.": "questionUnnamed",
  "This room has too many questions already.": "questionsFull",
  "Wait until some of your questions are answered.": "questionsEach",
  "This question does not wait for an answer any more.": "questionDone",
  "This question does not wait any more.": "questionDone",
  "This is your own question.": "questionOwn",
  "Only who asked can take a question back.": "questionAsker",
  "This question is answered already.": "questionAnswered",
  "This question was dismissed. Open it again first.": "questionDismissed",
  "This question is open already.": "questionOpen",
  "Nobody of them waits any more.": "waitsNoMore",
  "They do not wait any more.": "waitsNoMore",
  "That person is not in the room any more.": "personLeft",
  "Admit them first.": "admitFirst",
  "They are away just now.": "theyAreAway",
  "Make somebody else host first.": "hostFirst",
  "Give a number from # to #.": "numberRange",
  "At most # characters.": "textLong",
  "Control characters are not allowed.": "controls",
};

export interface KnownReason {
  readonly key: Reason;
  readonly numbers: { readonly least: string; readonly most: string };
}

/** The page's own words for a sentence of the server, if it has any. */
export function reasonOf(message: string): KnownReason | null {
  const shape = message.replace(/\d+/gu, "#");
  const key = Object.hasOwn(REASONS, shape) ? REASONS[shape] : undefined;
  if (key === undefined) return null;
  const numbers = message.match(/\d+/gu) ?? [];
  return { key, numbers: { least: numbers[0] ?? "", most: numbers.at(-1) ?? "" } };
}
