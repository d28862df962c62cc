import type { Conference, DocumentList, Stage as Shown } from "@folkmoot/client";
import { NO_DECKS, NO_STAGE } from "@folkmoot/client";
import { IconNotes } from "@tabler/icons-react";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import type { Connection } from "../session/model";
import { expectAccessible, show } from "../testing/page";
import { cell } from "../testing/talk";
import type { StageViewProps } from "./kinds";
import { Stage } from "./Stage";

const CONNECTED: Connection = { kind: "connected", server: "collaboration-1", waiting: 0 };
const SAVED = { state: "saved", position: { epoch: "e", sequence: 1 } } as const;

vi.mock("./kinds", () => {
  const View = ({ id, editable }: StageViewProps) => <p>{`${id} ${editable ? "open" : "shut"}`}</p>;
  const kind = (setting?: string) => ({
    Icon: IconNotes,
    load: async () => ({ default: View }),
    View,
    ...(setting !== undefined && { setting }),
  });
  const kinds = new Map([["rich", kind("notes")], ["text", kind("notes")], ["deck", kind()]]);
  return { KINDS: kinds, KNOWN_KINDS: new Set(kinds.keys()) };
});

function document(id: string, title: string, by = "") {
  return { id, kind: "rich" as const, title, by };
}

function stage(role: string, closedSettings: readonly string[] = []) {
  const submit = () => vi.fn(() => ({ id: "o1", outcome: Promise.resolve(SAVED) }));
  const persons = [
    { id: "p1", name: "Ada", role, present: true, joinedMs: 0, self: true, colour: 1 },
    { id: "p2", name: "Pia", role: "presenter", present: true, joinedMs: 0, self: false, colour: 2 },
  ];
  const documents = cell<DocumentList>({
    documents: [document("notes", "Notes"), document("pad", "Pad"), document("plans", "Plans", "p1")],
    removed: [],
  });
  const shown = cell<Shown>(NO_STAGE);
  const acts = { show: submit(), hide: submit() };
  const library = { rename: submit(), remove: submit(), move: submit(), restoreRemoved: submit() };
  const createDocument = submit();
  const conference = {
    documents,
    library,
    createDocument,
    slides: { list: cell(NO_DECKS), onRefused: () => () => undefined },
    stage: { shown, ...acts },
    roster: cell({
      persons,
      byId: new Map(persons.map((one) => [one.id, one])),
      locks: { openTo: new Map(), suspended: false },
    }),
    status: cell({ person: "p1" }),
    dismiss: vi.fn(),
  };
  const drawn = show(
    <Stage conference={conference as unknown as Conference} connection={CONNECTED} name="Ada" live
      closed={(setting) => (closedSettings.includes(setting) ? "Closed." : undefined)} />,
  );
  return { ...drawn, documents, shown, acts, library, createDocument };
}

const openTab = () => screen.getByRole("tab", { selected: true }).textContent;

test("tabs go by arrows, Home and End, and what was opened stays", async () => {
  const { container } = stage("host");
  expect(openTab()).toBe("Notes");
  screen.getByRole("tab", { selected: true }).focus();
  await userEvent.keyboard("{ArrowRight}");
  expect(openTab()).toBe("Pad");
  await userEvent.keyboard("{End}");
  expect(openTab()).toBe("Plans");
  await userEvent.keyboard("{ArrowRight}");
  expect(openTab()).toBe("Notes");
  expect(screen.getByText("plans open")).toBeTruthy();
  await expectAccessible(container);
});

test("who presents shows what is in sight, and ends it", async () => {
  const { acts, shown } = stage("presenter");
  await userEvent.click(screen.getByRole("tab", { name: "Pad" }));
  await userEvent.click(screen.getByRole("button", { name: "Show “Pad” to everyone" }));
  expect(acts.show).toHaveBeenCalledWith("rich", "pad");
  shown.set({ kind: "rich", id: "pad", by: "p1", sinceMs: 1 });
  expect(screen.getByText("You are showing “Pad” to everyone")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Stop showing" }));
  expect(acts.hide).toHaveBeenCalled();
});

test("everyone is taken along, may look elsewhere, and goes back", async () => {
  const { shown, documents, container } = stage("participant");
  expect(screen.queryByRole("button", { name: /^Show/u })).toBeNull();
  shown.set({ kind: "rich", id: "plans", by: "p2", sinceMs: 1 });
  expect(openTab()).toContain("Plans");
  expect(screen.getByText("Pia is showing “Plans”")).toBeTruthy();
  await userEvent.click(screen.getByRole("tab", { name: "Notes" }));
  expect(openTab()).toBe("Notes");
  await expectAccessible(container);
  await userEvent.click(screen.getByRole("button", { name: "Go back" }));
  expect(openTab()).toContain("Plans");
  documents.set({ documents: [document("notes", "Notes")], removed: [] });
  expect(openTab()).toBe("Notes");
  expect(screen.queryByText(/is showing/u)).toBeNull();
});

test("new documents get a title that is free, and open when they were made", async () => {
  const { createDocument } = stage("participant");
  await userEvent.click(screen.getByRole("button", { name: "Add to the stage" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "New notes" }));
  const field = await screen.findByRole<HTMLInputElement>("textbox", { name: "Title" });
  expect(field.value).toBe("Notes 2");
  await userEvent.clear(field);
  await userEvent.type(field, "Minutes{Enter}");
  expect(createDocument).toHaveBeenCalledWith(expect.stringMatching(/^d-/u), "rich", "Minutes");
});

test("one takes away one's own, presenters all; what was removed comes back", async () => {
  const { library, documents } = stage("participant");
  await userEvent.click(screen.getByRole("button", { name: "Actions for “Notes”" }));
  expect(await screen.findByRole("menuitem", { name: "Rename" })).toBeTruthy();
  expect(screen.queryByRole("menuitem", { name: "Remove" })).toBeNull();
  await userEvent.keyboard("{Escape}");
  await userEvent.click(screen.getByRole("tab", { name: "Plans" }));
  await userEvent.click(screen.getByRole("button", { name: "Actions for “Plans”" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Remove" }));
  const dialog = await screen.findByRole("dialog");
  await userEvent.click(within(dialog).getByRole("button", { name: "Remove" }));
  expect(library.remove).toHaveBeenCalledWith("plans");
  const gone = { ...document("plans", "Plans"), removedBy: "p1", removedMs: 1 };
  documents.set({ documents: [document("notes", "Notes")], removed: [gone] });
  await userEvent.click(screen.getByRole("button", { name: "Add to the stage" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Removed documents" }));
  await userEvent.click(await screen.findByRole("button", { name: "Bring back" }));
  expect(library.restoreRemoved).toHaveBeenCalledWith("plans");
});

test("where notes are closed to one's role, they are read and nothing is offered", () => {
  stage("viewer", ["notes"]);
  expect(screen.getByText("notes shut")).toBeTruthy();
  expect(screen.getByText("Closed.")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /^Add|^Actions/u })).toBeNull();
});
