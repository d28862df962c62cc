import { cleanup, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";

import { AgendaPanel } from "../agenda/AgendaPanel";
import { clockOf, leftClock } from "../talk/duration";
import { expectAccessible, show } from "../testing/page";
import { talkRoom } from "../testing/talk";
import { Announcer } from "../ui/announce";
import { ActionBar } from "./ActionBar";
import { FLOATING_MAX, floatingOf, ReactionsLayer } from "./ReactionsLayer";

afterEach(() => {
  vi.useRealTimers();
});

function bar() {
  const room = talkRoom();
  return { ...room, ...show(<ActionBar conference={room.conference} live />) };
}

test("a hand is raised and lowered with one button", async () => {
  const { talk, container } = bar();
  await userEvent.click(screen.getByRole("button", { name: "Raise hand" }));
  expect(talk["raiseHand"]).toHaveBeenCalled();
  talk.hands.set({ raised: [{ person: "p1", raisedMs: 1, pending: true }], turn: "" });
  expect(screen.getByText("You are number 1 in line")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Lower hand" }));
  expect(talk["lowerHand"]).toHaveBeenCalled();
  await expectAccessible(container);
});

test("a host gives the turn to the first in line, and lowers hands", async () => {
  const { talk } = bar();
  talk.hands.set({ raised: [{ person: "p2", raisedMs: 1, pending: false }], turn: "" });
  await userEvent.click(screen.getByRole("button", { name: "Next: Grace" }));
  expect(talk["nextHand"]).toHaveBeenCalled();
  await userEvent.click(screen.getByRole("button", { name: "1 raised hand" }));
  await userEvent.click(await screen.findByRole("button", { name: "Lower the hand of Grace" }));
  expect(talk["lowerHandOf"]).toHaveBeenCalledWith("p2");
  await userEvent.click(screen.getByRole("button", { name: "Lower all hands" }));
  expect(talk["lowerAllHands"]).toHaveBeenCalled();
  talk.hands.set({ raised: [], turn: "p2" });
  expect(screen.getByText("Grace has the turn")).toBeTruthy();
});

test("a reaction is chosen by its name", async () => {
  const { talk } = bar();
  await userEvent.click(screen.getByRole("button", { name: "React" }));
  await userEvent.click(await screen.findByRole("button", { name: "Applause" }));
  expect(talk.react).toHaveBeenCalledWith("👏");
});

test("the timer counts by the room's time, up again when it is over", () => {
  const { talk } = bar();
  const timer = { durationMs: 60_000, label: "Break", endsMs: 130_000, leftMs: 0, over: false };
  const agenda = { items: [], current: "", sinceMs: 0 };
  talk.agenda.set({ ...agenda, timer });
  expect(screen.getByRole("timer").textContent).toContain("0:30 left");
  talk.agenda.set({ ...agenda, timer: { ...timer, endsMs: 95_000, over: true } });
  expect(screen.getByRole("timer").textContent).toContain("+0:05");
  talk.agenda.set({ ...agenda, timer: { ...timer, endsMs: 0, leftMs: 61_500 } });
  expect(screen.getByRole("timer").textContent).toContain("1:02 left");
  expect(screen.getByText("Paused")).toBeTruthy();
});

test("times are read as people read them", () => {
  expect([clockOf(7_000), clockOf(750_000), clockOf(3_723_000)]).toEqual(["0:07", "12:30", "1:02:03"]);
  expect([leftClock(1), leftClock(0), leftClock(-61_000)]).toEqual(["0:01", "0:00", "1:01"]);
});

test("many reactions float as one with a number, and few at once", () => {
  expect(floatingOf({ reaction: "👏", count: 40, numbers: [] }, 0)).toMatchObject([{ text: "×40" }]);
  expect(floatingOf({ reaction: "👏", count: 2, numbers: [] }, 0)).toHaveLength(2);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const room = talkRoom();
  const { container } = show(<Announcer><ReactionsLayer talk={room.conference.talk} /></Announcer>);
  for (let n = 0; n < 100; n += 1) room.float({ reaction: "👏", count: 9, numbers: [] });
  expect(container.querySelectorAll(".fm-reactions > span")).toHaveLength(FLOATING_MAX);
});

test("a host adds an item, starts it, and goes on", async () => {
  const room = talkRoom();
  const { container } = show(<AgendaPanel conference={room.conference} manager live />);
  expect(screen.getByText("No agenda yet")).toBeTruthy();
  await userEvent.type(screen.getByLabelText("New item"), "Welcome");
  await userEvent.type(screen.getByLabelText("Minutes"), "5");
  await userEvent.click(screen.getByRole("button", { name: "Add" }));
  expect(room.talk["addItem"]).toHaveBeenCalledWith("Welcome", 300_000);
  const item = { id: "3.0", title: "Welcome", durationMs: 300_000, spentMs: 0 };
  room.talk.agenda.set({ items: [item], current: "", sinceMs: 0, timer: null });
  await userEvent.click(screen.getByRole("button", { name: "Start “Welcome”" }));
  expect(room.talk["goToItem"]).toHaveBeenCalledWith("3.0");
  const timer = { durationMs: 300_000, label: "Welcome", endsMs: 400_000, leftMs: 0, over: false };
  room.talk.agenda.set({ items: [item], current: "3.0", sinceMs: 100_000, timer });
  expect(screen.getByText("On now")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "One minute more" }));
  expect(room.talk["extendTimer"]).toHaveBeenCalledWith(60_000);
  await userEvent.click(screen.getByRole("button", { name: "End the agenda" }));
  expect(room.talk["nextItem"]).toHaveBeenCalledWith("3.0");
  await expectAccessible(container);
});

test("what hosts closed cannot be pressed, and says who closed it", async () => {
  const room = bar();
  room.close("participant", "hand", "reactions");
  const hand = screen.getByRole("button", { name: "Raise hand" }) as HTMLButtonElement;
  expect(hand.disabled).toBe(true);
  expect((screen.getByRole("button", { name: "React" }) as HTMLButtonElement).disabled).toBe(true);
  const why = document.getElementById(hand.getAttribute("aria-describedby") ?? "");
  expect(why?.textContent).toBe("The hosts have closed raising hands for your role.");
  expect(screen.getByText("The hosts have closed reactions for your role.")).toBeTruthy();
  room.talk.hands.set({ raised: [{ person: "p1", raisedMs: 1, pending: false }], turn: "" });
  const lower = screen.getByRole("button", { name: "Lower hand" }) as HTMLButtonElement;
  expect(lower.disabled).toBe(false);
  room.close("host", "hand", "reactions");
  expect(screen.queryByText("The hosts have closed reactions for your role.")).toBeNull();
  await expectAccessible(room.container);
});

test("a hand or a reaction that was refused is told", async () => {
  const room = bar();
  room.refuse("not_allowed");
  await userEvent.click(screen.getByRole("button", { name: "Raise hand" }));
  expect((await screen.findByRole("alert")).textContent).toBe("Your role does not allow that.");
  cleanup();
  const other = bar();
  other.refuseReaction();
  expect(screen.getByRole("alert").textContent).toBe("That reaction was not taken.");
  await userEvent.click(screen.getByRole("button", { name: "React" }));
  await userEvent.click(await screen.findByRole("button", { name: "Applause" }));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("an item of the agenda is edited where it stands", async () => {
  const room = talkRoom();
  const { container } = show(<AgendaPanel conference={room.conference} manager live />);
  const item = { id: "3.0", title: "Welcome", durationMs: 90_000, spentMs: 0 };
  room.talk.agenda.set({ items: [item], current: "", sinceMs: 0, timer: null });
  const edit = async () => {
    await userEvent.click(screen.getByRole("button", { name: "More for “Welcome”" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Edit" }));
    return screen.getByRole("textbox", { name: "Title" });
  };
  await userEvent.type(await edit(), "{Escape}");
  expect(screen.queryByRole("textbox", { name: "Title" })).toBeNull();
  expect(document.activeElement?.getAttribute("aria-label")).toBe("More for “Welcome”");
  const title = await edit();
  expect(document.activeElement).toBe(title);
  await userEvent.clear(title);
  await userEvent.type(title, "Hello");
  await expectAccessible(container);
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(room.talk["editItem"]).toHaveBeenCalledWith("3.0", "Hello", 90_000);
  expect(await screen.findByRole("button", { name: "More for “Welcome”" })).toBeTruthy();
});
