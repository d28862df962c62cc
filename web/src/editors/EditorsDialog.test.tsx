import type { EditorLink } from "@folkmoot/client";
import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { expectAccessible, show } from "../testing/page";
import { EditorsDialog, type EditorsConference } from "./EditorsDialog";

const LIST = {
  documents: [
    { id: "notes", kind: "rich", title: "Notes", by: "" },
    { id: "pad", kind: "text", title: "Pad", by: "" },
  ],
  removed: [],
};

const fill = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });

function dialog(state: "saved" | "rejected" = "saved") {
  const links: EditorLink[] = [];
  const outcome = Promise.resolve(
    state === "saved" ? { state } : { state, code: "not_allowed", message: "No." },
  );
  const make = vi.fn((asked: { name: string; document: string; write: boolean }) => {
    const { name, document, write } = asked;
    links.push({
      id: `l${String(links.length)}`, document, name, write, expiresMs: Date.UTC(2030, 1, 1),
      origins: [], address: false, wrote: 0, lastMs: 0,
    });
    return { id: "1", outcome };
  });
  const revoke = vi.fn((id: string) => {
    links.splice(links.findIndex((link) => link.id === id), 1);
    return { id: "2", outcome };
  });
  const editors = {
    make, revoke, links: async () => [...links], token: async (id: string) => `token-${id}`,
  };
  const conference = {
    editors,
    documents: { subscribe: () => () => undefined, getSnapshot: () => LIST },
    dismiss: vi.fn(),
  };
  show(
    <EditorsDialog slug="abc" conference={conference as unknown as EditorsConference}
      onClose={() => undefined} />,
  );
  return { make, revoke };
}

test("a link is made, shows how to connect, and is ended", async () => {
  const { make, revoke } = dialog();
  await screen.findByText("There are no links yet.");
  fill("Name of the application", " My  editor ");
  await userEvent.selectOptions(screen.getByLabelText("Document"), "pad");
  fill("Sites whose pages may use it", "https://Editor.example.org/");
  await userEvent.click(screen.getByRole("button", { name: "Make the link" }));
  expect(make).toHaveBeenCalledWith({
    document: "pad", name: "My editor", write: true, days: 30,
    origins: ["https://editor.example.org"], address: false,
  });
  await waitFor(() => {
    expect(screen.getByLabelText<HTMLInputElement>("Token").value).toBe("token-l0");
  });
  const name = screen.getByLabelText<HTMLInputElement>("Hocuspocus: Name of the document");
  expect(name.value).toBe("abc/pad");
  await expectAccessible(screen.getByRole("dialog"));
  await userEvent.click(screen.getByRole("button", { name: "End the link: My editor" }));
  expect(revoke).toHaveBeenCalledWith("l0");
  await screen.findByText("There are no links yet.");
});

test("a refusal is told where the button was", async () => {
  dialog("rejected");
  await screen.findByText("There are no links yet.");
  fill("Name of the application", "x");
  await userEvent.click(screen.getByRole("button", { name: "Make the link" }));
  expect((await screen.findByRole("alert")).textContent).toContain("That did not work");
});
