import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { message, own } from "../testing/messages";
import { expectAccessible, show } from "../testing/page";
import type { Message } from "../session/model";
import { ChatContext, NO_CHAT_VALUE } from "./context";
import { MessageList, WHOLE_ROWS_MAX } from "./MessageList";

function list(messages: Message[], more: Partial<Parameters<typeof MessageList>[0]> = {}, host = false) {
  const onAtBottom = vi.fn();
  const act = {
    retry: vi.fn(),
    discard: vi.fn(),
    reply: vi.fn(),
    edit: vi.fn(),
    remove: vi.fn(),
    react: vi.fn(),
    pin: vi.fn(),
    jump: vi.fn(),
  };
  const value = { ...NO_CHAT_VALUE, you: "p1", host, nameOf: (id: string) => `name of ${id}`, act };
  const shown = show(
    <ChatContext value={value}>
      <MessageList
        messages={messages}
        divider={undefined}
        unread={0}
        onAtBottom={onAtBottom}
        {...more}
      />
    </ChatContext>,
  );
  return { ...act, onAtBottom, ...shown };
}

test("one's own messages say whether they are sending or saved", () => {
  list([own("a"), own("b", { status: "sending" })]);
  const [first, second] = screen.getAllByRole("listitem");
  expect(within(first as HTMLElement).getByText("Saved")).toBeTruthy();
  expect(within(second as HTMLElement).getByText("Sending…")).toBeTruthy();
});

test("a failed message says why, and can be sent again or discarded", async () => {
  const failed = own("a", { status: "failed", code: "not_allowed", reason: "x" });
  const { retry, discard, container } = list([failed]);
  expect(screen.getByText("Not sent: Your role does not allow that.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(retry).toHaveBeenCalledWith(failed);
  await userEvent.click(screen.getByRole("button", { name: "Discard" }));
  expect(discard).toHaveBeenCalledWith(failed);
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

test("what can be done with a message depends on whose it is", async () => {
  const { react, reply } = list([message("a"), own("b")]);
  await userEvent.click(screen.getByRole("button", { name: "Actions for the message of Grace" }));
  const items = () => screen.getAllByRole("menuitem").map((i) => i.getAttribute("aria-label") ?? i.textContent);
  expect(items()).toContain("Reply");
  expect(items()).not.toContain("Edit");
  expect(items()).not.toContain("Delete");
  expect(items()).not.toContain("Pin for everyone");
  await userEvent.click(screen.getByRole("menuitem", { name: "React with 👍" }));
  expect(react).toHaveBeenCalledWith(expect.objectContaining({ key: "a" }), "👍", true);
  expect(reply).not.toHaveBeenCalled();
});

test("a host may delete and pin what others wrote, but not edit it", async () => {
  const { remove } = list([message("a")], {}, true);
  await userEvent.click(screen.getByRole("button", { name: /^Actions/u }));
  expect(screen.queryByRole("menuitem", { name: "Edit" })).toBeNull();
  expect(screen.getByRole("menuitem", { name: "Pin for everyone" })).toBeTruthy();
  await userEvent.click(screen.getByRole("menuitem", { name: "Delete" }));
  expect(remove).toHaveBeenCalledOnce();
});

test("keys go from message to message, and answer, edit and delete", async () => {
  const { reply, edit, remove, container } = list([message("a"), own("b")]);
  screen.getByRole("region", { name: "Messages" }).focus();
  await userEvent.keyboard("{ArrowUp}");
  expect(document.activeElement?.textContent).toContain("text of b");
  await userEvent.keyboard("e{Delete}");
  expect(edit).toHaveBeenCalledOnce();
  expect(remove).toHaveBeenCalledOnce();
  await userEvent.keyboard("{ArrowUp}r");
  expect(reply).toHaveBeenCalledWith(expect.objectContaining({ key: "a" }));
  await userEvent.keyboard("e{Delete}");
  expect(edit).toHaveBeenCalledOnce();
  await expectAccessible(container);
});

test("reactions are counted, say who gave them, and are given and taken back", async () => {
  const reactions = new Map([["🎉", ["p1", "p2"]]]);
  const { react, container } = list([message("a", { reactions })]);
  const button = screen.getByRole("button", { name: "🎉 from You and name of p2" });
  expect(button.getAttribute("aria-pressed")).toBe("true");
  await userEvent.click(button);
  expect(react).toHaveBeenCalledWith(expect.anything(), "🎉", false);
  await expectAccessible(container);
});

test("an answer shows what it answers, and goes there", async () => {
  const reply = { id: "1.0", author: "p3", name: "Lin", text: "the question" };
  const { jump, container } = list([message("a", { reply })]);
  await userEvent.click(screen.getByRole("button", { name: /Lin.*the question/u }));
  expect(jump).toHaveBeenCalledWith("1.0");
  await expectAccessible(container);
});

test("private messages say so, edited and deleted ones too", () => {
  list([
    message("a", { to: "p1", toName: "Ada" }),
    own("b", { to: "hosts" }),
    message("c", { edited: true }),
    message("d", { text: "", deletedBy: "p9" }),
  ]);
  const rows = screen.getAllByRole("listitem").map((row) => row.textContent);
  expect(rows[0]).toContain("Privately to You");
  expect(rows[1]).toContain("To the hosts only");
  expect(rows[2]).toContain("edited");
  expect(rows[3]).toContain("Deleted by a host");
  expect(screen.getAllByRole("button", { name: /^Actions/u })).toHaveLength(3);
});

test("names, quotes and code are never HTML", () => {
  const evil = "<img src=x onerror=alert(1)>";
  const { container } = list([
    message("a", {
      name: evil,
      text: `\`\`\`\n${evil}\n\`\`\` @${evil}`,
      mentions: new Map([["p1", evil]]),
      reply: { id: "1.0", author: "p3", name: evil, text: evil },
      toName: evil,
      to: "p9",
    }),
  ]);
  expect(container.querySelector("img")).toBeNull();
});

test("a target is given the focus, also when it comes again", () => {
  const messages = [message("a"), message("b")];
  list(messages, { target: { key: "a", turn: 1 } });
  expect(document.activeElement?.textContent).toContain("text of a");
});
