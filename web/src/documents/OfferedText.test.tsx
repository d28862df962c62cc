import type { Notice } from "@folkmoot/client";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { expectAccessible, show } from "../testing/page";
import { OfferedText } from "./OfferedText";

function source(notices: Notice[]) {
  return {
    notices: { subscribe: () => () => undefined, getSnapshot: () => notices },
    dismissNotice: vi.fn(),
  };
}

const NOTICE: Notice = {
  id: "n1",
  code: "document_clock",
  message: "x",
  document: "notes",
  text: "what I wrote",
};

test("offers the text of an edit that was not taken, and lets go of it only on request", async () => {
  const conference = source([NOTICE]);
  show(<OfferedText conference={conference} />);
  expect(screen.getByRole("dialog", { name: "This edit could not be saved" })).toBeTruthy();
  expect(screen.getByText("This edit does not follow your last saved edit.")).toBeTruthy();
  expect(screen.getByDisplayValue("what I wrote")).toBeTruthy();
  await expectAccessible(document.body);
  expect(conference.dismissNotice).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole("button", { name: "Done" }));
  expect(conference.dismissNotice).toHaveBeenCalledExactlyOnceWith("n1");
});

test("shows nothing when there is nothing to tell", () => {
  const none: Notice[] = [];
  show(<OfferedText conference={source(none)} />);
  expect(screen.queryByRole("dialog")).toBeNull();
});
