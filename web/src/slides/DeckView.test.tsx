import type { Conference, Deck, LiveMessage, SlideMark, Stage } from "@folkmoot/client";
import { NO_STAGE } from "@folkmoot/client";
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";

import type { Connection } from "../session/model";
import { expectAccessible, show } from "../testing/page";
import { cell } from "../testing/talk";
import DeckView from "./DeckView";

const SAVED = { state: "saved", position: { epoch: "e", sequence: 1 } } as const;
const CONNECTED: Connection = { kind: "connected", server: "collaboration-1", waiting: 0 };
const SAID = ["Welcome to the year", "The budget of 2027", "Questions"];

beforeEach(() => {
  URL.createObjectURL = () => "blob:page";
  URL.revokeObjectURL = () => undefined;
});

function deck(parts: Partial<Deck> = {}): Deck {
  return {
    id: "7.0",
    title: "Talk",
    person: "p1",
    addedMs: 0,
    bytes: 1,
    type: "application/pdf",
    phase: "ready",
    step: "",
    reason: "",
    pages: Array.from({ length: 3 }, () => ({ width: 1_920, height: 1_080 })),
    ready: 3,
    page: 1,
    marks: [],
    notes: new Map(),
    ...parts,
  };
}

function mark(id: string, person: string, parts: Partial<SlideMark> = {}): SlideMark {
  return {
    id,
    page: 1,
    person,
    tool: "pen",
    points: [{ x: 0.1, y: 0.1 }, { x: 0.9, y: 0.9 }],
    colour: "#d6362b",
    width: 0.004,
    text: "",
    pending: false,
    ...parts,
  };
}

function view(role: string, first = deck(), draws = false) {
  let outcome: object = SAVED;
  const submit = () => vi.fn((..._args: unknown[]) => ({ id: "o1", outcome: Promise.resolve(outcome) }));
  const persons = [
    { id: "p1", name: "Ada", role, present: true, joinedMs: 0, self: true, colour: 1 },
    { id: "p2", name: "Pia", role: "presenter", present: true, joinedMs: 0, self: false, colour: 2 },
  ];
  const openTo = new Map(draws ? [["annotate", ["participant"]]] : []);
  const lives = new Set<(live: LiveMessage) => void>();
  const slides = {
    list: cell<readonly Deck[]>([first]),
    turn: submit(), mark: submit(), unmark: submit(), clear: submit(), note: submit(),
    retry: submit(),
    picture: async () => new Blob(["page"]),
    words: async () => SAID.map((text) => ({ text, lines: [] })),
  };
  const stage = cell<Stage>(NO_STAGE);
  const conference = {
    slides,
    stage: { shown: stage },
    roster: cell({
      persons,
      byId: new Map(persons.map((one) => [one.id, one])),
      locks: { openTo, suspended: false },
    }),
    status: cell({ person: "p1" }),
    operations: cell([]),
    servicesAway: cell([]),
    files: { link: async () => "/file" },
    dismiss: vi.fn(),
    sendLive: vi.fn(),
    onLive: (listener: (live: LiveMessage) => void) => {
      lives.add(listener);
      return () => lives.delete(listener);
    },
  };
  const shown = show(
    <DeckView conference={conference as unknown as Conference} connection={CONNECTED} id="7.0"
      title="Talk" name="Ada" live editable active statusSlot={null} />,
  );
  return {
    ...shown,
    slides,
    stage,
    say: (body: unknown) =>
      act(() => {
        for (const listener of lives) {
          listener({ number: 9, person: "p2", topic: "slides.pointer", body });
        }
      }),
    refuse: (code: string) => {
      outcome = { state: "failed", code, message: "", position: null };
    },
    change: (parts: Partial<Deck>) => slides.list.set([deck({ ...first, ...parts })]),
  };
}

const page = () => screen.getByRole("region", { name: /^Slide/u }).getAttribute("aria-label");

test("a deck says how far it is, and why it failed; presenters try again", async () => {
  const waiting = deck({ phase: "converting", step: "drawing", ready: 0 });
  const { change, slides, container } = view("host", waiting);
  expect(screen.getByText("0 of 3 slides are ready")).toBeTruthy();
  expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("15");
  await expectAccessible(container);
  change({ phase: "failed", reason: "This PDF has a password." });
  expect(screen.getByRole("alert").textContent).toContain("This PDF has a password.");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(slides.retry).toHaveBeenCalledWith("7.0");
});

test("who presents turns for everyone, by keys and by number", async () => {
  const { slides, change, container } = view("host");
  expect(page()).toBe("Slide 1 of 3");
  fireEvent.keyDown(document.body, { key: "PageDown" });
  await waitFor(() => expect(slides.turn).toHaveBeenLastCalledWith("7.0", 2));
  change({ page: 2 });
  expect(page()).toBe("Slide 2 of 3");
  fireEvent.keyDown(document.body, { key: "End" });
  await waitFor(() => expect(slides.turn).toHaveBeenLastCalledWith("7.0", 3));
  change({ page: 3 });
  const number = screen.getByRole("textbox", { name: "Slide, of 3" });
  await userEvent.clear(number);
  await userEvent.type(number, "1{Enter}");
  await waitFor(() => expect(slides.turn).toHaveBeenLastCalledWith("7.0", 1));
  await expectAccessible(container);
});

test("everyone else wanders, is told where the others are, and follows again", async () => {
  const { slides, stage, change } = view("participant");
  stage.set({ kind: "deck", id: "7.0", by: "p2", sinceMs: 1 });
  await userEvent.click(screen.getByRole("button", { name: "Next slide" }));
  expect(page()).toBe("Slide 2 of 3");
  expect(slides.turn).not.toHaveBeenCalled();
  change({ page: 3 });
  expect(screen.getByText("You are on 2; Pia is on 3")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Follow" }));
  expect(page()).toBe("Slide 3 of 3");
});

test("a presenter follows while another shows the deck, until they take over turning", async () => {
  const { slides, stage } = view("presenter");
  stage.set({ kind: "deck", id: "7.0", by: "p2", sinceMs: 1 });
  fireEvent.keyDown(document.body, { key: "ArrowRight" });
  expect(slides.turn).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole("switch", { name: "Turn for everyone" }));
  fireEvent.keyDown(document.body, { key: "ArrowRight" });
  await waitFor(() => expect(slides.turn).toHaveBeenCalledWith("7.0", 3));
});

test("only who may draws; marks of one's own are undone, others' are not", async () => {
  const reader = view("participant");
  expect(screen.queryByRole("button", { name: /^Pen/u })).toBeNull();
  reader.unmount();
  const marks = [mark("m1", "p1"), mark("m2", "p2")];
  const { slides } = view("participant", deck({ marks }), true);
  await userEvent.click(screen.getByRole("button", { name: "Undo your last mark" }));
  expect(slides.unmark).toHaveBeenCalledWith("7.0", 1, ["m1"]);
});

test("a text is written onto the page without a mouse, and a refusal is said", async () => {
  const { slides, refuse } = view("host");
  refuse("limit_reached");
  await userEvent.click(screen.getByRole("button", { name: "Text" }));
  act(() => screen.getByRole("region", { name: /^Slide/u }).focus());
  await userEvent.keyboard("{Enter}");
  await userEvent.keyboard("look here{Enter}");
  const [deckId, put] = slides.mark.mock.calls[0] ?? [];
  expect(deckId).toBe("7.0");
  expect(put).toMatchObject({ tool: "text", text: "look here", page: 1 });
  expect(await screen.findByText(/cannot hold more/u)).toBeTruthy();
});

test("words are found in all pages, and a press goes there", async () => {
  const { slides } = view("host");
  await userEvent.type(screen.getByRole("textbox", { name: "Search in the slides" }), "budget");
  await userEvent.click(await screen.findByRole("button", { name: /The budget of 2027/u }));
  expect(slides.turn).toHaveBeenCalledWith("7.0", 2);
});

test("speaker notes are for those who present, and saved when the field is left", async () => {
  const reader = view("participant");
  expect(screen.queryByRole("button", { name: "Speaker notes" })).toBeNull();
  reader.unmount();
  const { slides } = view("host", deck({ notes: new Map([[1, "Say hello"]]) }));
  await userEvent.click(screen.getByRole("button", { name: "Speaker notes" }));
  const field = screen.getByRole<HTMLTextAreaElement>("textbox", { name: /^Speaker notes/u });
  expect(field.value).toBe("Say hello");
  await userEvent.type(field, " twice");
  await userEvent.tab();
  expect(slides.note).toHaveBeenCalledWith("7.0", 1, "Say hello twice");
});

test("others' pointers are drawn on their page with a name", () => {
  const { say, container } = view("participant");
  say({ deck: "7.0", page: 1, x: 0.5, y: 0.25 });
  expect(container.querySelector(".fm-slide-pointer")?.textContent).toBe("Pia");
  say({ deck: "7.0", page: 2, x: 0.5, y: 0.25 });
  expect(container.querySelector(".fm-slide-pointer")).toBeNull();
});
