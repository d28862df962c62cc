import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { CHAT_CHARACTERS_MAX } from "../lib/limits";
import { expectAccessible, show } from "../testing/page";
import { cleaned, Composer } from "./Composer";

function composer(disabled = false) {
  const onSend = vi.fn();
  const shown = show(<Composer slug="room" disabled={disabled} onSend={onSend} />);
  return { onSend, ...shown, field: screen.getByRole("textbox", { name: "Message" }) };
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
