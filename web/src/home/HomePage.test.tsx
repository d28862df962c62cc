import { ApiError, createRoom } from "@folkmoot/client";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { recentRooms, rememberRoom } from "../lib/rooms";
import { expectAccessible, show } from "../testing/page";
import { HomePage } from "./HomePage";

vi.mock("@folkmoot/client", async (original) => ({
  ...(await original<typeof import("@folkmoot/client")>()),
  createRoom: vi.fn(),
}));

function start() {
  return userEvent.click(screen.getByRole("button", { name: "Start a room" }));
}

test("starting a room leads to it with the host's key, and remembers it", async () => {
  vi.mocked(createRoom).mockResolvedValueOnce({
    id: "1",
    slug: "abc",
    links: { host: "http://h/r/abc#k=secret", participant: "http://h/r/abc" },
  });
  const go = vi.fn();
  const { container } = show(<HomePage go={go} />);
  await userEvent.type(screen.getByRole("textbox"), " Weekly ");
  await start();
  expect(createRoom).toHaveBeenCalledWith("Weekly", {}, {});
  expect(go).toHaveBeenCalledExactlyOnceWith("/r/abc#k=secret");
  expect(recentRooms()).toMatchObject([{ slug: "abc", title: "Weekly", key: "secret" }]);
  await expectAccessible(container);
});

test("a room needs a title", async () => {
  show(<HomePage go={vi.fn()} />);
  await start();
  expect(screen.getByText(/^Give the room a title/u)).toBeTruthy();
});

test.each([
  [new ApiError("unreachable", "x", 0), /cannot be reached. Check your connection/u],
  [new ApiError("rate_limited", "x", 429), /Wait a minute/u],
  [new ApiError("storage_full", "x", 503), /storage is full/u],
  [new ApiError("http_502", "x", 502), /cannot be opened just now/u],
  [new ApiError("name_refused", "Control characters are not allowed.", 400), /^Control characters/u],
])("%s is said with what to do, and what was typed stays", async (error, sentence) => {
  vi.mocked(createRoom).mockRejectedValueOnce(error);
  const { container } = show(<HomePage go={vi.fn()} />);
  await userEvent.type(screen.getByRole("textbox"), "Weekly");
  await start();
  expect(await screen.findByText(sentence)).toBeTruthy();
  expect(screen.getByDisplayValue("Weekly")).toBeTruthy();
  await expectAccessible(container);
});

test("recent rooms are listed, and can be forgotten", async () => {
  rememberRoom({ slug: "abc", title: "Weekly", key: "secret", opened_ms: Date.now() });
  const go = vi.fn();
  show(<HomePage go={go} />);
  await userEvent.click(screen.getByRole("link", { name: /Weekly/u }));
  expect(go).toHaveBeenCalledExactlyOnceWith("/r/abc");
  await userEvent.click(screen.getByRole("button", { name: "Remove Weekly from this list" }));
  expect(screen.queryByRole("link", { name: /Weekly/u })).toBeNull();
});
