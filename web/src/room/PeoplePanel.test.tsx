import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import type { Person } from "../session/model";
import { expectAccessible, show } from "../testing/page";
import { PeoplePanel } from "./PeoplePanel";

const PEOPLE: Person[] = [
  { id: "p1", name: "Ada", host: true, here: true, you: true },
  { id: "p2", name: "Grace", host: false, here: false, you: false },
];

test("says in words who is host, here, away, and which one is you", async () => {
  const { container } = show(<PeoplePanel people={PEOPLE} onRename={() => undefined} />);
  const [ada, grace] = screen.getAllByRole("listitem");
  expect(within(ada as HTMLElement).getByText("Host")).toBeTruthy();
  expect(within(ada as HTMLElement).getByText("Here")).toBeTruthy();
  expect(within(ada as HTMLElement).getByText("you")).toBeTruthy();
  expect(within(grace as HTMLElement).getByText("Away")).toBeTruthy();
  expect(screen.getByText("1 person here")).toBeTruthy();
  await expectAccessible(container);
});

test("only oneself can be renamed, and only while connected", async () => {
  const onRename = vi.fn();
  const { rerender } = show(<PeoplePanel people={PEOPLE} onRename={onRename} />);
  await userEvent.click(screen.getByRole("button", { name: "Change your name" }));
  expect(onRename).toHaveBeenCalledOnce();
  rerender(<PeoplePanel people={PEOPLE} />);
  expect(screen.queryByRole("button")).toBeNull();
});

test("who is alone is told how to invite", () => {
  show(<PeoplePanel people={PEOPLE.slice(0, 1)} />);
  expect(screen.getByText(/Nobody else is here yet/u)).toBeTruthy();
});
