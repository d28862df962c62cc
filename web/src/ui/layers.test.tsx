/** Dialogs above dialogs, and menus above them: one Escape closes one, and the focus goes back. */
import { Button, Menu, Select } from "@mantine/core";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";

import { show } from "../testing/page";
import { Dialog } from "./Dialog";

function Nested({ mounted = false }: { mounted?: boolean }) {
  const [open, setOpen] = useState(0);
  return (
    <>
      <Button onClick={() => setOpen(1)}>outside</Button>
      <Dialog opened={open > 0} onClose={() => setOpen(0)} title="lower">
        <Button onClick={() => setOpen(2)}>deeper</Button>
        <Select label="Fruit" data={["apple", "pear"]} comboboxProps={{ keepMounted: false }} />
        <Menu>
          <Menu.Target>
            <Button>more</Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setOpen(2)}>from the menu</Menu.Item>
          </Menu.Dropdown>
        </Menu>
        {mounted && open > 1 && (
          <Dialog opened onClose={() => setOpen(1)} title="upper">
            <Button>inside</Button>
          </Dialog>
        )}
      </Dialog>
      {!mounted && (
        <Dialog opened={open > 1} onClose={() => setOpen(1)} title="upper">
          <Button>inside</Button>
        </Dialog>
      )}
    </>
  );
}

const button = (name: string) => screen.getByRole("button", { name });
const dialogs = () => screen.queryAllByRole("dialog").map((one) => one.querySelector("h2")?.textContent);

async function openBoth() {
  await userEvent.click(button("outside"));
  await userEvent.click(await screen.findByRole("button", { name: "deeper" }));
  await screen.findByRole("button", { name: "inside" });
  await waitFor(() => expect(document.activeElement?.closest("section")?.textContent).toContain("upper"));
}

test.each([false, true])("one Escape closes one dialog, within each other: %s", async (mounted) => {
  show(<Nested mounted={mounted} />);
  await openBoth();
  expect(dialogs().toSorted()).toEqual(["lower", "upper"]);
  await userEvent.keyboard("{Escape}");
  expect(dialogs()).toEqual(["lower"]);
  await waitFor(() => expect(document.activeElement).toBe(button("deeper")));
  await userEvent.keyboard("{Escape}");
  expect(dialogs()).toEqual([]);
  await waitFor(() => expect(document.activeElement).toBe(button("outside")));
});

test("Escape counts for the one on top also when nothing has the focus", async () => {
  show(<Nested />);
  await openBoth();
  (document.activeElement as HTMLElement).blur();
  await userEvent.keyboard("{Escape}");
  expect(dialogs()).toEqual(["lower"]);
});

test("what is open above a dialog closes alone", async () => {
  show(<Nested />);
  await userEvent.click(button("outside"));
  await userEvent.click(await screen.findByRole("button", { name: "more" }));
  expect(await screen.findByRole("menu")).toBeTruthy();
  await userEvent.keyboard("{ArrowDown}{Escape}");
  await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
  expect(dialogs()).toEqual(["lower"]);
  await waitFor(() => expect(document.activeElement).toBe(button("more")));
  await userEvent.click(screen.getByRole("combobox", { name: "Fruit" }));
  expect(await screen.findByRole("option", { name: "pear" })).toBeTruthy();
  await userEvent.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("option", { name: "pear" })).toBeNull());
  expect(dialogs()).toEqual(["lower"]);
  await userEvent.keyboard("{Escape}");
  expect(dialogs()).toEqual([]);
});

test("what was opened from a menu gives the focus back to the menu's button", async () => {
  show(<Nested mounted />);
  await userEvent.click(button("outside"));
  await userEvent.click(await screen.findByRole("button", { name: "more" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "from the menu" }));
  await waitFor(() => expect(document.activeElement?.closest("section")?.textContent).toContain("upper"));
  await userEvent.keyboard("{Escape}");
  await waitFor(() => expect(document.activeElement).toBe(button("more")));
});

test("keys that are typed in a dialog mean nothing to the page below", async () => {
  const below = vi.fn();
  document.addEventListener("keydown", below);
  show(<Nested />);
  await userEvent.click(button("outside"));
  await screen.findByRole("button", { name: "deeper" });
  await waitFor(() => expect(document.activeElement?.closest("section")).toBeTruthy());
  await userEvent.keyboard("v{ArrowRight}{Escape}");
  expect(below).not.toHaveBeenCalled();
  expect(dialogs()).toEqual([]);
  document.removeEventListener("keydown", below);
});
