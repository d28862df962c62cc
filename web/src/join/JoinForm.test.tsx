import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { expectAccessible, show } from "../testing/page";
import { JoinForm } from "./JoinForm";

function form(more: Partial<Parameters<typeof JoinForm>[0]> = {}) {
  const onJoin = vi.fn();
  const shown = show(
    <JoinForm title="Weekly" name="" host={false} busy={false} error={undefined} onJoin={onJoin}
      {...more} />,
  );
  return { onJoin, ...shown };
}

test("joins under the name that was typed, in one line", async () => {
  const { onJoin, container } = form();
  expect(screen.getByRole("heading", { name: "Join “Weekly”" })).toBeTruthy();
  await userEvent.type(screen.getByRole("textbox", { name: "Your name" }), "  Ada   Lovelace {Enter}");
  expect(onJoin).toHaveBeenCalledExactlyOnceWith("Ada Lovelace");
  await expectAccessible(container);
});

test("asks for a name when there is none", async () => {
  const { onJoin, container } = form();
  await userEvent.click(screen.getByRole("button", { name: "Join" }));
  expect(onJoin).not.toHaveBeenCalled();
  expect(screen.getByText("Type the name that the others should see.")).toBeTruthy();
  await expectAccessible(container);
});

test("refuses a name that is too long before it is sent", async () => {
  const { onJoin } = form({ name: "x".repeat(65) });
  await userEvent.click(screen.getByRole("button", { name: "Join" }));
  expect(onJoin).not.toHaveBeenCalled();
  expect(screen.getByText("A name can have at most 64 characters.")).toBeTruthy();
});

test("shows the remembered name, and what went wrong", () => {
  form({ name: "Ada", error: "The server cannot be reached." });
  expect(screen.getByDisplayValue("Ada")).toBeTruthy();
  expect(screen.getByRole("alert").textContent).toBe("The server cannot be reached.");
});

test("tells a host so", () => {
  form({ host: true });
  expect(screen.getByText("You are joining as host.")).toBeTruthy();
});
