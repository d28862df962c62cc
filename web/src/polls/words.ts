/** What a poll's options are called, and its results as a table for other programs. Pure. */
import type { Poll, PollAnswer } from "@folkmoot/client";

/** The words of the page that a table needs. */
export interface PollWords {
  readonly yesno: readonly string[];
  readonly option: string;
  readonly votes: string;
  readonly name: string;
  readonly answer: string;
}

export function optionsOf(poll: Poll, yesno: readonly string[]): readonly string[] {
  return poll.kind === "yesno" ? yesno : poll.options;
}

export function choiceText(
  poll: Poll,
  choices: readonly number[],
  yesno: readonly string[],
): string {
  const options = optionsOf(poll, yesno);
  return choices.map((choice) => options[choice] ?? "").join(poll.kind === "ranked" ? " > " : ", ");
}

export function percentOf(votes: number, all: number): number {
  return all === 0 ? 0 : Math.round((votes * 100) / all);
}

/** A cell that no spreadsheet takes for a formula. */
function cell(value: string | number): string {
  const text = String(value);
  const safe = /^[=+\-@\t\r]/u.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** Counts of a secret poll, every vote with its name of an open one. */
export function csvOf(poll: Poll, answers: readonly PollAnswer[], words: PollWords): string {
  const options = optionsOf(poll, words.yesno);
  const said = (answer: PollAnswer) =>
    poll.kind === "text" ? answer.text : choiceText(poll, answer.choices, words.yesno);
  let rows: (string | number)[][];
  if (!poll.secret) {
    rows = [[words.name, words.answer], ...answers.map((answer) => [answer.name, said(answer)])];
  } else if (poll.kind === "text") {
    rows = [[words.answer, words.votes], ...answers.map((answer) => [answer.text, answer.votes])];
  } else {
    const counts = poll.counts ?? [];
    rows = [[words.option, words.votes], ...options.map((option, at) => [option, counts[at] ?? 0])];
  }
  return `${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
