import { ApiError, type Conference } from "@folkmoot/client";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { expectAccessible, show } from "../testing/page";
import { InviteDialog } from "./InviteDialog";

function dialog(own: "host" | "co-host") {
  const invite = vi.fn(async () => "p=token");
  const conference = { people: { invite } } as unknown as Pick<Conference, "people">;
  show(<InviteDialog slug="abc" own={own} conference={conference} onClose={() => undefined} />);
  return invite;
}

test("somebody is invited with a name and a role", async () => {
  const invite = dialog("host");
  await userEvent.type(await screen.findByLabelText("Their name"), " Grace   Hopper ");
  await userEvent.selectOptions(screen.getByLabelText("Their role"), "presenter");
  await userEvent.click(screen.getByRole("button", { name: "Make the link" }));
  expect(invite).toHaveBeenCalledWith("Grace Hopper", "presenter");
  const link = await screen.findByLabelText<HTMLInputElement>("Link for Grace Hopper");
  expect(link.value).toBe(`${location.origin}/r/abc#p=token&n=Grace%20Hopper`);
  await expectAccessible(screen.getByRole("dialog"));
});

test("a co-host makes nobody host, and a refusal is told", async () => {
  const invite = dialog("co-host");
  expect(await screen.findByLabelText("Their role")).toBeTruthy();
  const roles = screen.getAllByRole("option").map((option) => option.textContent);
  expect(roles).toEqual(["Co-host", "Presenter", "Participant", "Viewer"]);
  invite.mockRejectedValueOnce(new ApiError("not_allowed", "Your role does not allow that."));
  await userEvent.type(screen.getByLabelText("Their name"), "Grace");
  await userEvent.click(screen.getByRole("button", { name: "Make the link" }));
  expect((await screen.findByRole("alert")).textContent).toContain("does not allow");
});
