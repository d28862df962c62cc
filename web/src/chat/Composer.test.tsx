import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { CHAT_CHARACTERS_MAX } from "../lib/limits";
import { expectAccessible, show } from "../testing/page";
import type { Person } from "../session/model";
import { message, own } from "../testing/messages";
import { cleaned, Composer, NEW, type Draft } from "./Composer";

const person = (id: string, name: string, you = false): Person => ({
  id,
  name,
  role: "participant",
  presence: "here",
  devices: 1,
  you,
});
const PEOPLE = [person("p1", "Ada", true), person("p2", "Grace Hopper"), person("p3", "Gregor")];

function composer(draft: Draft = NEW, to = "") {
  const acts = { onSend: vi.fn(), onTo: vi.fn(), onCancel: vi.fn(), onEditLast: vi.fn(), onType: vi.fn() };
  const shown = show(
    <Composer slug="room" disabled={false} people={PEOPLE} draft={draft} to={to} {...acts} />,
  );
  return { ...acts, ...shown, field: screen.getByRole("textbox", { name: "Message" }) };
}

test("Enter sends, Shift and Enter starts a new line", async () => {
  const { onSend, field, container } = composer();
  await userEvent.type(field, "one{Shift>}{Enter}{/Shift}two{Enter}");
  expect(onSend).toHaveBeenCalledExactlyOnceWith("one\ntwo");
  expect((field as HTMLTextAreaElement).value).toBe("");
  await expectAccessible(container);
});

test("an Enter that ends the composing of a character does not send", () => {
  const { onSend, field } = composer();
  fireEvent.change(field, { target: { value: "日本" } });
  fireEvent.keyDown(field, { key: "Enter", isComposing: true });
  expect(onSend).not.toHaveBeenCalled();
});

test("nothing is sent when there is nothing to read", async () => {
  const { onSend, field } = composer();
  await userEvent.type(field, "  {Enter}");
  expect(onSend).not.toHaveBeenCalled();
});

test("what was typed is there again after a reload", async () => {
  const { field, unmount } = composer();
  await userEvent.type(field, "half a thou");
  unmount();
  expect((composer().field as HTMLTextAreaElement).value).toBe("half a thou");
});

test("a message over the limit says by how much, and is not sent", () => {
  const { onSend, field } = composer();
  fireEvent.change(field, { target: { value: "🙂".repeat(CHAT_CHARACTERS_MAX + 2) } });
  expect(screen.getByText(/^2 characters too long/u)).toBeTruthy();
  fireEvent.keyDown(field, { key: "Enter" });
  expect(onSend).not.toHaveBeenCalled();
});

test("what cannot be seen is taken out", () => {
  expect(cleaned("a\r\nb\u0000\u202e c\u0007\t🙂 ")).toBe("a\nb c\t🙂");
});

test("one chooses who reads it, and what is private is not told as typing", async () => {
  const { onTo, onType, field, container } = composer(NEW, "p2");
  const select = screen.getByRole("combobox", { name: "To" });
  expect((select as HTMLSelectElement).value).toBe("p2");
  await userEvent.selectOptions(select, "To the hosts only");
  expect(onTo).toHaveBeenCalledWith("hosts");
  await userEvent.type(field, "x");
  expect(onType).not.toHaveBeenCalled();
  await expectAccessible(container);
});

test("a name is offered after @, and keys choose it", async () => {
  const { field, onSend } = composer();
  await userEvent.type(field, "hi @gr");
  const list = screen.getByRole("listbox", { name: "People to mention" });
  expect(list.textContent).toContain("Grace Hopper");
  await userEvent.keyboard("{ArrowDown}{Enter}");
  expect((field as HTMLTextAreaElement).value).toBe("hi @Gregor ");
  expect(onSend).not.toHaveBeenCalled();
  await userEvent.type(field, "@zzz");
  expect(screen.queryByRole("listbox")).toBeNull();
});

test("Escape closes the names first, and gives an answer up after", async () => {
  const { field, onCancel } = composer({ kind: "reply", message: message("a") });
  expect(screen.getByText("Reply to Grace")).toBeTruthy();
  await userEvent.type(field, "@gra{Escape}");
  expect(screen.queryByRole("listbox")).toBeNull();
  expect(onCancel).not.toHaveBeenCalled();
  await userEvent.keyboard("{Escape}");
  expect(onCancel).toHaveBeenCalledOnce();
});

test("an edit begins with the message's text and leaves what was typed before alone", async () => {
  const first = composer();
  await userEvent.type(first.field, "half");
  first.unmount();
  const { field, onSend, container } = composer({ kind: "edit", message: own("a") });
  expect((field as HTMLTextAreaElement).value).toBe("text of a");
  await userEvent.type(field, "!{Enter}");
  expect(onSend).toHaveBeenCalledWith("text of a!");
  expect(localStorage.getItem("folkmoot.draft.room")).toContain("half");
  await expectAccessible(container);
});

test("the arrow up in an empty field asks for one's last message", async () => {
  const { field, onEditLast } = composer();
  await userEvent.type(field, "{ArrowUp}");
  expect(onEditLast).toHaveBeenCalledOnce();
});

test("a closed chat cannot be written to, but the hosts can", async () => {
  const closed = { everyone: "Chat is closed.", person: "Private messages are closed." };
  const at = (to: string) => (
    <Composer slug="room" disabled={false} closed={closed} people={PEOPLE} draft={NEW} to={to}
      onTo={vi.fn()} onSend={vi.fn()} />
  );
  const { container, rerender } = show(at(""));
  const field = () => screen.getByRole("textbox", { name: "Message" }) as HTMLTextAreaElement;
  expect(field().disabled).toBe(true);
  expect(screen.getByText("Chat is closed.")).toBeTruthy();
  const choices = screen.getAllByRole("option").map((option) => option.textContent);
  expect(choices).toEqual(["To everyone", "To the hosts only"]);
  await expectAccessible(container);
  rerender(at("hosts"));
  expect(field().disabled).toBe(false);
  rerender(at("p2"));
  expect(field().disabled).toBe(true);
  expect(screen.getByText("Private messages are closed.")).toBeTruthy();
});
