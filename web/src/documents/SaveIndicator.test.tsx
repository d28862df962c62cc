import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { show } from "../testing/page";
import { SaveIndicator } from "./SaveIndicator";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a save that is over in a blink changes nothing", () => {
  const { rerender } = show(<SaveIndicator state="saved" />);
  rerender(<SaveIndicator state="saving" />);
  expect(screen.getByText("Saved")).toBeTruthy();
  act(() => void vi.advanceTimersByTime(100));
  rerender(<SaveIndicator state="saved" />);
  act(() => void vi.advanceTimersByTime(1_000));
  expect(screen.getByText("Saved")).toBeTruthy();
});

test("a save that takes its time is shown, and a failure at once", () => {
  const { rerender } = show(<SaveIndicator state="saved" />);
  rerender(<SaveIndicator state="saving" />);
  act(() => void vi.advanceTimersByTime(300));
  expect(screen.getByText("Saving…")).toBeTruthy();
  rerender(<SaveIndicator state="waiting" />);
  expect(screen.getByText("Kept here, saved later")).toBeTruthy();
  rerender(<SaveIndicator state="failed" />);
  expect(screen.getByText("An edit was not saved")).toBeTruthy();
});
