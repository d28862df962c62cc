import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { message, own } from "../testing/messages";
import { expectAccessible, show } from "../testing/page";
import type { Message } from "../session/model";
import { MessageList, WHOLE_ROWS_MAX } from "./MessageList";

function list(messages: Message[], more: Partial<Parameters<typeof MessageList>[0]> = {}) {
  const actions = { onRetry: vi.fn(), onDiscard: vi.fn(), onAtBottom: vi.fn() };
  const shown = show(
    <MessageList messages={messages} divider={undefined} unread={0} {...actions} {...more} />,
  );
  return { ...actions, ...shown };
}

test("one's own messages say whether they are sending or saved", () => {
  list([own("a"), own("b", { status: "sending" })]);
  const [first, second] = screen.getAllByRole("listitem");
  expect(within(first as HTMLElement).getByText("Saved")).toBeTruthy();
  expect(within(second as HTMLElement).getByText("Sending…")).toBeTruthy();
});

test("a failed message says why, and can be sent again or discarded", async () => {
  const failed = own("a", { status: "failed", code: "not_allowed", reason: "x" });
  const { onRetry, onDiscard, container } = list([failed]);
  expect(screen.getByText("Not sent: Your role does not allow that.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(onRetry).toHaveBeenCalledWith(failed);
  await userEvent.click(screen.getByRole("button", { name: "Discard" }));
  expect(onDiscard).toHaveBeenCalledWith(failed);
  await expectAccessible(container);
});

test("the sentence of a code unknown here is the server's own", () => {
  list([own("a", { status: "failed", code: "from_the_future", reason: "The sun is in the way." })]);
  expect(screen.getByText("Not sent: The sun is in the way.")).toBeTruthy();
});

test("HTML is shown as text, and addresses become safe links", () => {
  const text = "<img src=x onerror=alert(1)> see https://example.org/a.";
  const { container } = list([message("a", { text })]);
  expect(container.querySelector("img")).toBeNull();
  expect(screen.getByText(/<img src=x onerror=alert\(1\)> see/u)).toBeTruthy();
  const link = screen.getByRole("link", { name: "https://example.org/a" });
  expect(link.getAttribute("rel")).toContain("noopener");
  expect(link.getAttribute("target")).toBe("_blank");
});

test("the line above what is new stands before the first unread message", async () => {
  const { container } = list([message("a"), message("b")], { divider: "b", unread: 1 });
  const [seen, fresh] = screen.getAllByRole("listitem").map((item) => item.textContent);
  expect(seen).not.toContain("New messages");
  expect(fresh).toMatch(/^New messages.*text of b/u);
  await expectAccessible(container);
});

test("an empty chat says what to do", async () => {
  const { container } = list([]);
  expect(screen.getByText("No messages yet")).toBeTruthy();
  await expectAccessible(container);
});

test("a long list draws only a part of its rows", () => {
  const many = Array.from({ length: WHOLE_ROWS_MAX + 50 }, (_, index) => message(String(index)));
  list(many);
  expect(screen.queryAllByRole("listitem").length).toBeLessThan(WHOLE_ROWS_MAX);
});

test("older messages can be asked for", async () => {
  const onOlder = vi.fn();
  list([message("a")], { hasOlder: true, onOlder });
  await userEvent.click(screen.getByRole("button", { name: "Show older messages" }));
  expect(onOlder).toHaveBeenCalledOnce();
});
