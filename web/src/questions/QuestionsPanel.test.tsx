import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { expectAccessible, show } from "../testing/page";
import { question, talkRoom } from "../testing/talk";
import { ordered } from "./order";
import { QuestionsPanel } from "./QuestionsPanel";

function panel(manager = false) {
  const room = talkRoom();
  const shown = show(<QuestionsPanel conference={room.conference} manager={manager} live />);
  return { ...room, ...shown };
}

test("what is answered now comes first, then what most want to know", () => {
  const list = [
    question({ id: "1.0", supports: 1 }),
    question({ id: "2.0", supports: 5 }),
    question({ id: "3.0", phase: "taken" }),
    question({ id: "4.0", phase: "answered" }),
    question({ id: "5.0", phase: "dismissed" }),
  ];
  const { waiting, answered, dismissed } = ordered(list);
  expect(waiting.map(({ id }) => id)).toEqual(["3.0", "2.0", "1.0"]);
  expect([answered.length, dismissed.length]).toEqual([1, 1]);
});

test("a person asks without a name, and supports another's question once", async () => {
  const { talk, container } = panel();
  talk.questions.set({ questions: [question({ supports: 2 })], anonymousAllowed: true });
  await userEvent.type(screen.getByRole("textbox", { name: "Your question" }), "Who pays?");
  await userEvent.click(screen.getByRole("checkbox", { name: "Without my name" }));
  await userEvent.click(screen.getByRole("button", { name: "Ask" }));
  expect(talk["ask"]).toHaveBeenCalledWith("Who pays?", true);
  const support = screen.getByRole("button", { name: /I want to know this too. 2 people/u });
  await userEvent.click(support);
  expect(talk["support"]).toHaveBeenCalledWith("7.0", true);
  await expectAccessible(container);
});

test("where names are wanted, the choice is not offered", () => {
  const { talk } = panel();
  talk.questions.set({ questions: [], anonymousAllowed: false });
  expect(screen.queryByRole("checkbox", { name: "Without my name" })).toBeNull();
});

test("one's own question can be taken back, and not supported", async () => {
  const { talk } = panel();
  talk.questions.set({ questions: [question({ own: true })], anonymousAllowed: true });
  expect(screen.getByRole<HTMLButtonElement>("button", { name: /I want/u }).disabled).toBe(true);
  await userEvent.click(screen.getByRole("button", { name: "More for “Why?”" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Take back" }));
  expect(talk["onQuestion"]).toHaveBeenCalledWith("7.0", "withdraw");
});

test("who runs the questions takes, answers and dismisses them", async () => {
  const { talk, container } = panel(true);
  talk.questions.set({ questions: [question()], anonymousAllowed: true });
  const more = () => userEvent.click(screen.getByRole("button", { name: "More for “Why?”" }));
  await more();
  await userEvent.click(await screen.findByRole("menuitem", { name: "Answer live" }));
  expect(talk["onQuestion"]).toHaveBeenCalledWith("7.0", "take");
  await more();
  await userEvent.click(await screen.findByRole("menuitem", { name: "Answer in writing" }));
  const field = screen.getByRole("textbox", { name: "Answer to “Why?”" });
  await vi.waitFor(() => expect(document.activeElement).toBe(field));
  await userEvent.type(field, "So.");
  await userEvent.click(screen.getByRole("button", { name: "Send the answer" }));
  expect(talk["answerQuestion"]).toHaveBeenCalledWith("7.0", "So.");
  const answered = question({ phase: "answered", answer: "So.", answeredBy: "Ada" });
  talk.questions.set({ questions: [answered], anonymousAllowed: true });
  expect(screen.getByText("Answered by Ada")).toBeTruthy();
  await userEvent.click(screen.getByRole("switch", { name: /without a name are allowed/u }));
  expect(talk["allowAnonymous"]).toHaveBeenCalledWith(false);
  await expectAccessible(container);
});

test("while questions are closed nobody asks or supports, and the page says who closed them", async () => {
  const room = talkRoom();
  room.talk.questions.set({ questions: [question()], anonymousAllowed: true });
  const { container } = show(
    <QuestionsPanel conference={room.conference} manager={false} live closed="The hosts closed it." />,
  );
  expect(screen.getByText("The hosts closed it.")).toBeTruthy();
  expect(screen.getByRole<HTMLTextAreaElement>("textbox").disabled).toBe(true);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: /I want/u }).disabled).toBe(true);
  await expectAccessible(container);
});
