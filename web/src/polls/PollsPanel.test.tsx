import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { expectAccessible, show } from "../testing/page";
import { poll, talkRoom } from "../testing/talk";
import { PollsPanel } from "./PollsPanel";

function panel(manager = false) {
  const room = talkRoom();
  const shown = show(
    <PollsPanel conference={room.conference} manager={manager} live />,
  );
  return { ...room, ...shown };
}

test("an empty panel says what comes here, and only who runs polls can make one", async () => {
  const { container } = panel();
  expect(screen.getByText("No polls yet")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "New poll" })).toBeNull();
  await expectAccessible(container);
});

test("a person votes, sees the vote, and may change it", async () => {
  const { talk, container } = panel();
  talk.polls.set([poll()]);
  await userEvent.click(screen.getByRole("radio", { name: "Salad" }));
  await userEvent.click(screen.getByRole("button", { name: "Vote" }));
  expect(talk["vote"]).toHaveBeenCalledWith("5.0", { choices: [1], text: "" });
  talk.polls.set([poll({ mine: { choices: [1], text: "" }, votes: 1 })]);
  expect(screen.getByText("Your vote: Salad")).toBeTruthy();
  expect(screen.getByText("1 of 3 have voted")).toBeTruthy();
  await expectAccessible(container);
  await userEvent.click(screen.getByRole("button", { name: "Change your vote" }));
  expect(screen.getByRole<HTMLInputElement>("radio", { name: "Salad" }).checked).toBe(true);
});

test("a vote that is refused says why", async () => {
  const { talk, refuse, dismissed } = panel();
  refuse("poll_not_open");
  talk.polls.set([poll()]);
  await userEvent.click(screen.getByRole("radio", { name: "Soup" }));
  await userEvent.click(screen.getByRole("button", { name: "Vote" }));
  expect((await screen.findByRole("alert")).textContent).toBe("This poll is not open.");
  expect(dismissed).toHaveBeenCalledWith("o1");
});

test("options are ranked with buttons", async () => {
  const { talk, container } = panel();
  talk.polls.set([poll({ kind: "ranked", options: ["a", "b", "c"], choicesMax: 2 })]);
  await userEvent.click(screen.getByRole("button", { name: "Add “c” to your ranking" }));
  await userEvent.click(screen.getByRole("button", { name: "Add “a” to your ranking" }));
  const add = screen.getByRole<HTMLButtonElement>("button", { name: "Add “b” to your ranking" });
  expect(add.disabled).toBe(true);
  await userEvent.click(screen.getByRole("button", { name: "Move “a” up" }));
  await expectAccessible(container);
  await userEvent.click(screen.getByRole("button", { name: "Vote" }));
  expect(talk["vote"]).toHaveBeenCalledWith("5.0", { choices: [0, 2], text: "" });
});

test("results show bars, winner, quorum and the rounds of a ranking", async () => {
  const { talk, container } = panel();
  const ranking = { rounds: [{ counts: [2, 1], out: [] }], winners: [0], borda: [5, 4] };
  const parts = { kind: "ranked", phase: "closed", published: true, votes: 3, counts: [2, 1] } as const;
  talk.polls.set([poll({ ...parts, ranking, quorumPercent: 50 })]);
  const bars = screen.getByRole("list", { name: "First places" });
  expect(within(bars).getAllByRole("listitem")[0]?.textContent).toContain("Winner");
  expect(bars.textContent).toContain("2 · 67 %");
  expect(screen.getByText(/Quorum of 50 % reached/u)).toBeTruthy();
  expect(screen.getByRole("columnheader", { name: "Borda points", hidden: true })).toBeTruthy();
  await expectAccessible(container);
});

test("results that are not published are announced for later", () => {
  const { talk } = panel();
  talk.polls.set([poll({ phase: "closed" })]);
  expect(screen.getByText("Results are shown when they are published.")).toBeTruthy();
});

test("a host drafts a quiz, starts it for two minutes, closes and publishes it", async () => {
  const { talk } = panel(true);
  await userEvent.click(screen.getByRole("button", { name: "New poll" }));
  const dialog = await screen.findByRole("dialog");
  await userEvent.selectOptions(within(dialog).getByLabelText("Kind"), "quiz");
  await userEvent.type(within(dialog).getByLabelText("Question"), "Pi?");
  await userEvent.type(within(dialog).getByLabelText("Option 1"), "3");
  await userEvent.type(within(dialog).getByLabelText("Option 2"), "3.14");
  const save = within(dialog).getByRole<HTMLButtonElement>("button", { name: "Save draft" });
  expect(save.disabled).toBe(true);
  await userEvent.click(within(dialog).getByLabelText("Option 2 is right"));
  await userEvent.click(save);
  expect(talk["createPoll"]).toHaveBeenCalledWith(
    expect.objectContaining({ kind: "quiz", title: "Pi?", options: ["3", "3.14"], right: [1] }),
  );
  talk.polls.set([poll({ phase: "draft" })]);
  await userEvent.click(screen.getByRole("button", { name: "Start" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "2 minutes" }));
  expect(talk["startPoll"]).toHaveBeenCalledWith("5.0", 120);
  talk.polls.set([poll({ deadlineMs: 190_000 })]);
  expect(screen.getByRole("timer").textContent).toBe("Closes in 1:30");
  await userEvent.click(screen.getByRole("button", { name: "Close" }));
  talk.polls.set([poll({ phase: "closed", counts: [0, 1] })]);
  await userEvent.click(screen.getByRole("button", { name: "Publish results" }));
  expect(talk["publishPoll"]).toHaveBeenCalledWith("5.0");
});

test("answers in words are asked for, and standings add quizzes up", async () => {
  const { talk } = panel(true);
  const quiz = poll({ id: "4.0", kind: "quiz", secret: false, phase: "closed", published: true, score: 4 });
  talk.polls.set([quiz, poll({ kind: "text", options: [], phase: "closed", counts: [] })]);
  expect(await screen.findByText("Quiz standings")).toBeTruthy();
  expect(screen.getAllByText("4 points")).toHaveLength(2);
  const [button] = screen.getAllByRole("button", { name: "Show all answers" });
  if (button) await userEvent.click(button);
  expect(await screen.findByText("tea (2 times)")).toBeTruthy();
});

test("while voting is closed a poll is shown, and who closed it, but no vote is taken", async () => {
  const room = talkRoom();
  room.talk.polls.set([poll({ id: "4.0", title: "Tea?", mine: { choices: [0], text: "" } }), poll()]);
  const { container } = show(
    <PollsPanel conference={room.conference} manager={false} live closed="The hosts closed it." />,
  );
  expect(screen.getByText("The hosts closed it.")).toBeTruthy();
  const form = screen.getByRole<HTMLFieldSetElement>("group", { name: "Lunch?" });
  expect(form.disabled).toBe(true);
  expect(document.getElementById(form.getAttribute("aria-describedby") ?? "")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Change my vote" })).toBeNull();
  await expectAccessible(container);
});
