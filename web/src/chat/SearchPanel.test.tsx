import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { expectAccessible, show } from "../testing/page";
import { SearchPanel } from "./SearchPanel";
import { TraceDialog } from "./TraceDialog";

const found = (id: string) => ({
  id,
  author: "p2",
  name: "Grace",
  timeMs: 1,
  text: `words of ${id}`,
  to: "",
  toName: "",
  reply: null,
  mentions: new Map<string, string>(),
  editedMs: 0,
  deletedBy: "",
  reactions: new Map<string, readonly string[]>(),
});

test("a search goes on by itself until something is found, the newest first", async () => {
  const search = vi
    .fn()
    .mockResolvedValueOnce({ messages: [], more: true, before: "900.0" })
    .mockResolvedValueOnce({ messages: [found("7.0"), found("8.0")], more: false, before: "1.0" });
  const onJump = vi.fn();
  const { container } = show(<SearchPanel talk={{ search }} onJump={onJump} onClose={vi.fn()} />);
  await userEvent.type(screen.getByRole("searchbox"), "words");
  const buttons = await screen.findAllByRole("button", { name: /words of/u });
  expect(buttons.map((button) => button.textContent)).toEqual([
    expect.stringContaining("words of 8.0"),
    expect.stringContaining("words of 7.0"),
  ]);
  expect(search.mock.calls).toEqual([
    ["words", ""],
    ["words", "900.0"],
  ]);
  await userEvent.click(buttons[0] as HTMLElement);
  expect(onJump).toHaveBeenCalledWith("8.0");
  await expectAccessible(container);
});

test("nothing found, and a search that fails, say what to do", async () => {
  const search = vi.fn().mockResolvedValue({ messages: [], more: false, before: "" });
  const onClose = vi.fn();
  show(<SearchPanel talk={{ search }} onJump={vi.fn()} onClose={onClose} />);
  await userEvent.type(screen.getByRole("searchbox"), "a");
  expect(await screen.findByText(/^No message has all these words/u)).toBeTruthy();
  search.mockRejectedValue({ code: "x", message: "The server is away." });
  await userEvent.type(screen.getByRole("searchbox"), "b");
  expect(await screen.findByText("The server is away.")).toBeTruthy();
  await userEvent.keyboard("{Escape}");
  expect(onClose).toHaveBeenCalledOnce();
});

test("hosts see who edited and deleted what", async () => {
  const trace = vi.fn().mockResolvedValue([
    { id: "1.0", what: "edited", byName: "Ada", name: "Ada", timeMs: 1, text: "before" },
    { id: "2.0", what: "deleted", byName: "Hal", name: "", timeMs: 2, text: "" },
  ]);
  show(<TraceDialog opened talk={{ trace }} onClose={vi.fn()} />);
  expect(await screen.findByText(/Ada edited a message of Ada/u)).toBeTruthy();
  expect(screen.getByText(/Hal deleted a message of Somebody/u)).toBeTruthy();
  expect(screen.getByText("before")).toBeTruthy();
});
