import type { ExportInfo } from "@folkmoot/client";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { expectAccessible, show } from "../testing/page";
import { cell } from "../testing/talk";
import DocumentExports from "./DocumentExports";

const ONE: ExportInfo = {
  id: "5.0",
  phase: "waiting",
  attempt: 0,
  done: 0,
  of: 0,
  bytes: 0,
  requestedMs: 1_700_000_000_000,
  reason: "",
  formats: ["pdf"],
  document: "notes",
  title: "Notes",
  version: "",
  point: 0,
};

function room(entries: ExportInfo[]) {
  const saved = { id: "o1", outcome: Promise.resolve({ state: "saved" as const }) };
  return {
    exports: cell<readonly ExportInfo[]>(entries),
    servicesAway: cell<readonly string[]>([]),
    library: { export: vi.fn(() => saved) },
    exportPath: vi.fn(async () => "/api/v1/rooms/abc/exports/5.0?ticket=x1.a.b"),
    dismiss: vi.fn(),
  };
}

test("one format is asked for, told while it is made, and downloaded once when it is ready", async () => {
  const clicked = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  const old = { ...ONE, id: "4.0", phase: "finished" as const };
  const foreign = { ...ONE, id: "3.0", document: "pad" };
  const conference = room([foreign, old]);
  show(
    <DocumentExports conference={conference as never} document="notes" kind="rich"
      title="Notes" onClose={() => undefined} />,
  );
  expect(clicked).not.toHaveBeenCalled();
  // One of another document is being made: the next one waits for that.
  expect(screen.getByRole("button", { name: "PDF" })).toHaveProperty("disabled", true);
  conference.exports.set([{ ...foreign, phase: "finished" }, old]);
  await userEvent.click(screen.getByRole("button", { name: "PDF" }));
  expect(conference.library.export).toHaveBeenCalledExactlyOnceWith("notes", "pdf", "");
  conference.exports.set([old, ONE]);
  expect(screen.getByText("PDF: Waiting for its turn…")).toBeTruthy();
  expect(screen.getByRole("button", { name: "PDF" })).toHaveProperty("disabled", true);
  conference.servicesAway.set(["export"]);
  expect(screen.getByText(/briefly away/u)).toBeTruthy();
  await expectAccessible(document.body);
  const ready = { ...ONE, phase: "finished" as const, bytes: 2_000 };
  conference.exports.set([old, ready]);
  conference.exports.set([old, { ...ready }]);
  await vi.waitFor(() => expect(clicked).toHaveBeenCalledOnce());
  const [link] = clicked.mock.instances as unknown as HTMLAnchorElement[];
  expect(link?.getAttribute("href")).toBe("/api/v1/rooms/abc/exports/5.0?ticket=x1.a.b");
  clicked.mockRestore();
});

test("a failed one says why and is made again in the same format", async () => {
  const conference = room([{ ...ONE, phase: "failed", reason: "It is too large." }]);
  show(
    <DocumentExports conference={conference as never} document="notes" kind="rich"
      title="Notes" onClose={() => undefined} />,
  );
  expect(screen.getByText("PDF: It could not be made: It is too large.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(conference.library.export).toHaveBeenCalledExactlyOnceWith("notes", "pdf", "");
});

test("files of a version and of a point are apart from those of the present", async () => {
  const ready = { ...ONE, phase: "finished" as const };
  const told = [
    { ...ready, id: "1.0" },
    { ...ready, id: "2.0", version: "v1", formats: ["docx"] },
    { ...ready, id: "3.0", point: 77, formats: ["html"] },
  ];
  const conference = room(told);
  const given = { conference: conference as never, document: "notes", title: "Then" };
  const { rerender } = show(
    <DocumentExports {...given} kind="rich" at="v1" onClose={() => undefined} />,
  );
  const rows = () => screen.getAllByRole("listitem").map((row) => row.textContent);
  expect(rows()).toEqual([expect.stringContaining("Word")]);
  await userEvent.click(screen.getByRole("button", { name: "PDF" }));
  expect(conference.library.export).toHaveBeenLastCalledWith("notes", "pdf", "v1");
  rerender(<DocumentExports {...given} kind="rich" at={77} onClose={() => undefined} />);
  expect(rows()).toEqual([expect.stringContaining("Web page")]);
  await userEvent.click(screen.getByRole("button", { name: "Markdown" }));
  expect(conference.library.export).toHaveBeenLastCalledWith("notes", "markdown", 77);
});
