import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import type { Connection } from "../session/model";
import { expectAccessible, show } from "../testing/page";
import { StateBanner } from "./StateBanner";

function banner(connection: Partial<Connection>, keptHere = true) {
  const actions = { onContinue: vi.fn(), onJoinAgain: vi.fn() };
  const whole: Connection = { kind: "connected", server: "", waiting: 0, ...connection };
  return { ...actions, ...show(<StateBanner connection={whole} keptHere={keptHere} {...actions} />) };
}

test("a session that went on elsewhere can be taken back", async () => {
  const { onContinue, container } = banner({ kind: "takenOver" });
  await userEvent.click(screen.getByRole("button", { name: "Continue here" }));
  expect(onContinue).toHaveBeenCalledOnce();
  await expectAccessible(container);
});

test("an ended session says why, and how to go on", async () => {
  const { onJoinAgain, container } = banner({ kind: "closed", code: "token_expired", message: "x" });
  expect(screen.getByRole("alert").textContent).toContain("has expired");
  await userEvent.click(screen.getByRole("button", { name: "Join again" }));
  expect(onJoinAgain).toHaveBeenCalledOnce();
  await expectAccessible(container);
});

test("a page of another version offers to reload", () => {
  banner({ kind: "closed", code: "version_unsupported", message: "x" });
  expect(screen.getByRole("button", { name: "Reload the page" })).toBeTruthy();
});

test("warns only where closing the tab would lose something", () => {
  const { unmount } = banner({ waiting: 2 }, false);
  expect(screen.getByText(/Leave this tab open/u)).toBeTruthy();
  unmount();
  banner({ waiting: 2 }, true);
  expect(screen.queryByText(/Leave this tab open/u)).toBeNull();
});
