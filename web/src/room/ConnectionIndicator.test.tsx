import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import type { ConnectionKind } from "../session/model";
import { expectAccessible, show } from "../testing/page";
import { ConnectionIndicator } from "./ConnectionIndicator";

const SHOWN: Record<ConnectionKind, string> = {
  connecting: "Connecting…",
  connected: "Connected",
  reconnected: "Reconnected",
  reconnecting: "Reconnecting…",
  paused: "Saving is paused",
  takenOver: "Open elsewhere",
  closed: "Not connected",
};

test.each(Object.entries(SHOWN))("%s is said in words", async (kind, words) => {
  const connection = { kind: kind as ConnectionKind, server: "", waiting: 0 };
  const { container } = show(<ConnectionIndicator connection={connection} />);
  expect(screen.getByRole("button", { name: `Connection: ${words}` })).toBeTruthy();
  expect(screen.getByText(words)).toBeTruthy();
  await expectAccessible(container);
});

test("names the server, and on request what is not saved yet", async () => {
  show(<ConnectionIndicator connection={{ kind: "connected", server: "collaboration-2", waiting: 3 }} />);
  expect(screen.getByRole("button", { name: "Connection: Connected collaboration-2" })).toBeTruthy();
  await userEvent.click(screen.getByRole("button"));
  expect(await screen.findByText("3 changes not saved yet")).toBeTruthy();
});
