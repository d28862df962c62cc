import { ApiError, connect, getRoom, resumable, type Conference, type Status } from "@folkmoot/client";
import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";

import { recentRooms, rememberName } from "../lib/rooms";
import { expectAccessible, show } from "../testing/page";
import { RoomPage } from "./RoomPage";

vi.mock("@folkmoot/client", async (original) => ({
  ...(await original<typeof import("@folkmoot/client")>()),
  connect: vi.fn(),
  getRoom: vi.fn(),
  resumable: vi.fn(),
}));
vi.mock("../breakouts/Gathering", () => ({
  Gathering: ({ title }: { title: string }) => <p>inside {title}</p>,
}));

const CONNECTING: Status = {
  phase: "connecting",
  server: null,
  reason: null,
  savingPaused: false,
  justReconnected: false,
  unsaved: 0,
  person: null,
  number: null,
  name: "Ada",
  storage: { kept: true, reason: null },
};

function conference() {
  let status = CONNECTING;
  const listeners = new Set<() => void>();
  const observable = {
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => status,
  };
  const set = (parts: Partial<Status>) =>
    act(() => {
      status = { ...status, ...parts };
      for (const listener of listeners) listener();
    });
  let roster: { lobby: { sinceMs: number; message: string } | null } = { lobby: null };
  const wait = (message: string | null) =>
    act(() => {
      roster = { lobby: message === null ? null : { sinceMs: 1, message } };
      for (const listener of listeners) listener();
    });
  const close = vi.fn();
  const leave = vi.fn();
  const people = { ...observable, getSnapshot: () => roster };
  const made = { status: observable, roster: people, close, leave };
  vi.mocked(connect).mockResolvedValue(made as unknown as Conference);
  return { set, close, wait, leave };
}

beforeEach(() => {
  vi.mocked(getRoom).mockReset().mockResolvedValue({ slug: "abc", title: "Weekly" });
  vi.mocked(resumable).mockReset().mockResolvedValue(null);
  vi.mocked(connect).mockReset();
});

test("an unknown room is said so", async () => {
  vi.mocked(getRoom).mockRejectedValue(new ApiError("unknown_room", "x", 404));
  const { container } = show(<RoomPage slug="abc" hostKey={undefined} />);
  expect(await screen.findByText("There is no such room. Check the link.")).toBeTruthy();
  await expectAccessible(container);
});

test("a server that is away can be asked again", async () => {
  vi.mocked(getRoom).mockRejectedValueOnce(new ApiError("unreachable", "x", 0));
  show(<RoomPage slug="abc" hostKey={undefined} />);
  expect(await screen.findByText(/cannot be reached/u)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("heading", { name: "Join “Weekly”" })).toBeTruthy();
});

test("joins with the remembered name; the host's key leaves the address once inside", async () => {
  rememberName("Ada");
  history.replaceState(null, "", "/r/abc#k=secret");
  const { set } = conference();
  show(<RoomPage slug="abc" hostKey="secret" />);
  await userEvent.click(await screen.findByRole("button", { name: "Join" }));
  expect(connect).toHaveBeenCalledWith({ slug: "abc", name: "Ada", key: "secret" });
  expect(await screen.findByRole("button", { name: "Joining…" })).toBeTruthy();
  set({ phase: "connected" });
  expect(screen.getByText("inside Weekly")).toBeTruthy();
  expect(location.hash).toBe("");
  expect(recentRooms()).toMatchObject([{ slug: "abc", key: "secret" }]);
});

test("a tab that comes back resumes without asking, even while no server answers", async () => {
  vi.mocked(resumable).mockResolvedValue({ name: "Ada", unsent: 1 });
  vi.mocked(getRoom).mockRejectedValue(new ApiError("unreachable", "x", 0));
  conference();
  show(<RoomPage slug="abc" hostKey={undefined} />);
  expect(await screen.findByText(/^inside/u)).toBeTruthy();
  expect(screen.queryByRole("textbox")).toBeNull();
});

test("a refusal is said on the form, and the name can be given again", async () => {
  rememberName("Ada");
  const { set } = conference();
  show(<RoomPage slug="abc" hostKey={undefined} />);
  await userEvent.click(await screen.findByRole("button", { name: "Join" }));
  await screen.findByRole("button", { name: "Joining…" });
  set({ phase: "closed", reason: { code: "token_expired", message: "x" } });
  expect(screen.getByRole("alert").textContent).toContain("expired");
  await userEvent.click(screen.getByRole("button", { name: "Join" }));
  expect(connect).toHaveBeenCalledTimes(2);
});

test("who left is outside, and may come back", async () => {
  vi.mocked(resumable).mockResolvedValue({ name: "Ada", unsent: 0 });
  const { set } = conference();
  show(<RoomPage slug="abc" hostKey={undefined} />);
  await screen.findByText(/^inside/u);
  set({ phase: "closed", reason: { code: "left", message: "x" } });
  expect(screen.getByRole("heading", { name: /^You have left/u })).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Join again" }));
  expect(await screen.findByRole("button", { name: "Join" })).toBeTruthy();
});

async function join(): Promise<ReturnType<typeof conference>> {
  const made = conference();
  show(<RoomPage slug="abc" hostKey={undefined} />);
  await userEvent.type(await screen.findByLabelText("Your name"), "Ada");
  await userEvent.click(screen.getByRole("button", { name: "Join" }));
  return made;
}

test("who waits is told so, and comes in without doing anything", async () => {
  const { set, wait, leave } = await join();
  wait("");
  set({ phase: "connected" });
  expect(await screen.findByText("You are in the lobby of “Weekly”")).toBeTruthy();
  wait("Five more minutes");
  expect(screen.getByText("Five more minutes")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Stop waiting" }));
  expect(leave).toHaveBeenCalledOnce();
  wait(null);
  expect(screen.getByText("inside Weekly")).toBeTruthy();
});

test("a passcode is asked for, and again when it is wrong", async () => {
  const { set } = await join();
  set({ phase: "closed", reason: { code: "passcode_needed", message: "x" } });
  await userEvent.type(await screen.findByLabelText("Passcode"), " 4711 {Enter}");
  expect(vi.mocked(connect).mock.lastCall?.[0]).toMatchObject({ name: "Ada", passcode: "4711" });
});

test.each([
  ["banned", "You were removed from this room and cannot come back.", false],
  ["denied", "You were not let in.", true],
  ["ended", "This meeting is over.", false],
  ["room_locked", "This room is locked. Ask somebody inside to unlock it.", true],
  ["room_full", "This room is full. Try again when somebody has left.", true],
])("%s is said on a page of its own", async (code, sentence, again) => {
  const { set } = await join();
  set({ phase: "connected" });
  set({ phase: "closed", reason: { code, message: "x" } });
  expect(await screen.findByRole("heading", { name: sentence })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Try again" }) !== null).toBe(again);
});

test("a personal link proposes its name before the one that is remembered", async () => {
  rememberName("Ada");
  conference();
  show(<RoomPage slug="abc" hostKey={undefined} person="t.k" proposed="Grace" />);
  expect((await screen.findByLabelText<HTMLInputElement>("Your name")).value).toBe("Grace");
});
