import type { Conference } from "@folkmoot/client";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import type { Person } from "../session/model";
import { expectAccessible, show } from "../testing/page";
import { PeoplePanel } from "./PeoplePanel";

const ADA: Person = {
  id: "p1", name: "Ada", role: "host", presence: "here", devices: 2, you: true,
};
const GRACE: Person = {
  id: "p2", name: "Grace", role: "participant", presence: "away", devices: 0, you: false,
};
const ZOE: Person = { ...GRACE, id: "p3", name: "Zoé", presence: "reconnecting" };

const saved = { id: "1", outcome: Promise.resolve({ state: "saved", position: null }) };

function conference() {
  const people = {
    setRole: vi.fn(() => saved),
    remove: vi.fn(() => saved),
    admit: vi.fn(() => saved),
    admitAll: vi.fn(() => saved),
    deny: vi.fn(() => saved),
    tellWaiting: vi.fn(() => saved),
  };
  const dismiss = vi.fn();
  return { people, dismiss } as unknown as Pick<Conference, "people" | "dismiss"> & {
    people: typeof people;
  };
}

const props = () => ({ waiting: [], conference: conference() });

test("says in words who has which role, is here, reconnects or is away", async () => {
  const { container } = show(
    <PeoplePanel people={[ADA, ZOE, GRACE]} onRename={() => undefined} {...props()} />,
  );
  const list = screen.getByRole("list", { name: "People in this room" });
  const lines = within(list).getAllByRole("listitem").map((line) => line.textContent);
  expect(lines).toEqual([
    "Running the room1",
    expect.stringMatching(/Ada.*you.*Here.*Host.*2 devices/u),
    "Participants1",
    expect.stringMatching(/Zoé.*Reconnecting/u),
    "Away1",
    expect.stringMatching(/Grace.*Away/u),
  ]);
  expect(screen.getByText("2 people here")).toBeTruthy();
  await expectAccessible(container);
});

test("oneself can be renamed, and others only by who runs the room", async () => {
  const onRename = vi.fn();
  const guest = { ...ADA, role: "participant" as const };
  show(<PeoplePanel people={[guest, ZOE]} onRename={onRename} {...props()} />);
  await userEvent.click(screen.getByRole("button", { name: "Change your name" }));
  expect(onRename).toHaveBeenCalledOnce();
  expect(screen.getAllByRole("button")).toHaveLength(1);
});

test("a host gives roles and removes people by the keyboard", async () => {
  const given = props();
  show(<PeoplePanel people={[ADA, ZOE]} onRename={() => undefined} {...given} />);
  screen.getByRole("button", { name: "What to do about Zoé" }).focus();
  await userEvent.keyboard("{Enter}");
  await userEvent.click(await screen.findByRole("menuitem", { name: "Presenter" }));
  expect(given.conference.people.setRole).toHaveBeenCalledWith("p3", "presenter");
  screen.getByRole("button", { name: "What to do about Zoé" }).focus();
  await userEvent.keyboard("{Enter}");
  await userEvent.click(await screen.findByRole("menuitem", { name: "Remove from the room" }));
  await userEvent.click(await screen.findByRole("button", { name: "Remove" }));
  expect(given.conference.people.remove).toHaveBeenCalledWith("p3", true);
});

test("who waits is let in, sent away or told something", async () => {
  const given = props();
  const waiting = [{ id: "w1", name: "Wim", sinceMs: 1 }];
  const { container } = show(
    <PeoplePanel people={[ADA]} onRename={() => undefined} {...given} waiting={waiting} />,
  );
  await userEvent.click(screen.getByRole("button", { name: "Let Wim in" }));
  expect(given.conference.people.admit).toHaveBeenCalledWith(["w1"]);
  await userEvent.click(screen.getByRole("button", { name: "Send Wim away" }));
  expect(given.conference.people.deny).toHaveBeenCalledWith("w1");
  await userEvent.type(screen.getByLabelText("Message to those who wait"), "Soon{Enter}");
  expect(given.conference.people.tellWaiting).toHaveBeenCalledWith("Soon");
  await expectAccessible(container);
});

test("in a crowd one is found by a part of the name, accents or not", async () => {
  const crowd = Array.from({ length: 40 }, (_, at) => ({
    ...GRACE, id: `c${at}`, name: `Person ${at}`, presence: "here" as const,
  }));
  show(<PeoplePanel people={[ADA, ZOE, ...crowd]} {...props()} />);
  await userEvent.type(screen.getByRole("searchbox", { name: "Find somebody" }), "zoe");
  expect(screen.getByText("Zoé")).toBeTruthy();
  expect(screen.queryByText("Person 3")).toBeNull();
  await userEvent.type(screen.getByRole("searchbox"), "xx");
  expect(screen.getByText("Nobody here has a name like that.")).toBeTruthy();
});

test("who is alone is told how to invite", () => {
  show(<PeoplePanel people={[ADA]} {...props()} />);
  expect(screen.getByText(/Nobody else is here yet/u)).toBeTruthy();
});

test("what is closed here is said, and one's name cannot be changed then", () => {
  const closed = (setting: string) => `${setting} is closed`;
  show(<PeoplePanel people={[ADA]} onRename={() => undefined} closed={closed} {...props()} />);
  expect(screen.getByText("see_people is closed")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Change your name" })).toBeNull();
  expect(screen.queryByText(/Nobody else is here yet/u)).toBeNull();
});
