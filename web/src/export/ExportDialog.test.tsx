import type { ExportInfo } from "@folkmoot/client";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { expectAccessible, show } from "../testing/page";
import { cell } from "../testing/talk";
import { ExportDialog } from "./ExportDialog";

const WAITING: ExportInfo = {
  id: "5.0",
  phase: "waiting",
  attempt: 0,
  done: 0,
  of: 0,
  bytes: 0,
  requestedMs: 1_700_000_000_000,
  reason: "",
  formats: ["markdown", "json"],
  document: "",
  title: "",
  version: "",
  point: 0,
};

function room(entries: ExportInfo[], away: string[] = []) {
  const saved = { id: "o1", outcome: Promise.resolve({ state: "saved" as const }) };
  return {
    exports: cell<readonly ExportInfo[]>(entries),
    servicesAway: cell<readonly string[]>(away),
    requestExport: vi.fn(() => saved),
    exportPath: vi.fn(async () => "/api/v1/rooms/abc/exports/5.0?ticket=x1.a.b"),
    dismiss: vi.fn(),
  };
}

function open(conference: ReturnType<typeof room>) {
  return show(
    <ExportDialog opened slug="abc" conference={conference as never} onClose={() => undefined} />,
  );
}

test("asks for the chosen formats, and for no second one meanwhile", async () => {
  const conference = room([]);
  open(conference);
  await userEvent.click(screen.getByRole("checkbox", { name: /JSON/u }));
  await userEvent.click(screen.getByRole("button", { name: "Make the file" }));
  expect(conference.requestExport).toHaveBeenCalledExactlyOnceWith(["markdown"]);
  conference.exports.set([WAITING]);
  expect(screen.getByText("Waiting for its turn…")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Make the file" })).toHaveProperty("disabled", true);
});

test("tells how far it is, and that another server took it up", async () => {
  const conference = room([{ ...WAITING, phase: "making", attempt: 1, done: 1, of: 4 }]);
  open(conference);
  expect(screen.getByRole("progressbar", { name: "1 of 4 steps" })).toBeTruthy();
  conference.exports.set([{ ...WAITING, phase: "making", attempt: 2, done: 0, of: 4 }]);
  expect(screen.getByText(/made again by another server/u)).toBeTruthy();
  await expectAccessible(document.body);
});

test("a finished one is downloaded with a ticket of its own", async () => {
  const clicked = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  const conference = room([{ ...WAITING, phase: "finished", bytes: 12_345 }]);
  open(conference);
  expect(screen.getByText("Ready, 12.3 kB")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Download" }));
  expect(conference.exportPath).toHaveBeenCalledExactlyOnceWith("5.0", "abc");
  const [link] = clicked.mock.instances as unknown as HTMLAnchorElement[];
  expect(link?.getAttribute("href")).toBe("/api/v1/rooms/abc/exports/5.0?ticket=x1.a.b");
  clicked.mockRestore();
});

test("a failed one tells why and can be tried again", async () => {
  const conference = room([{ ...WAITING, phase: "failed", attempt: 3, reason: "It is too large." }]);
  open(conference);
  expect(screen.getByText("It could not be made: It is too large.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(conference.requestExport).toHaveBeenCalledOnce();
});

test("a refusal is said, and not kept as a failed operation", async () => {
  const conference = room([]);
  const refused = { state: "failed" as const, code: "not_allowed", message: "x" };
  conference.requestExport.mockReturnValue({ id: "o2", outcome: Promise.resolve(refused) } as never);
  open(conference);
  await userEvent.click(screen.getByRole("button", { name: "Make the file" }));
  expect((await screen.findByRole("alert")).textContent).toBe("Your role does not allow that.");
  expect(conference.dismiss).toHaveBeenCalledExactlyOnceWith("o2");
});

test("says calmly when the service is away, and forgets it when it is back", async () => {
  const conference = room([WAITING], ["export"]);
  open(conference);
  expect(screen.getByText(/^Export is briefly away/u)).toBeTruthy();
  await expectAccessible(document.body);
  conference.servicesAway.set([]);
  expect(screen.queryByText(/briefly away/u)).toBeNull();
});
