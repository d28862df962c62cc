import { screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { expectAccessible, show } from "../testing/page";
import { InsecureNotice, Site } from "./site";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const notice = (
  <Site>
    <InsecureNotice />
  </Site>
);

function answers(...told: (object | Error)[]) {
  const asked = vi.fn(() => {
    const next = told.length > 1 ? told.shift() : told[0];
    return next instanceof Error
      ? Promise.reject(next)
      : Promise.resolve(new Response(JSON.stringify(next)));
  });
  vi.stubGlobal("fetch", asked);
  return asked;
}

test("people are told when others could read along", async () => {
  answers({ insecure: true });
  const { container } = show(notice);
  expect((await screen.findByRole("note")).textContent).toContain("not encrypted");
  await expectAccessible(container);
});

test("nothing is said of an encrypted connection", async () => {
  const asked = answers({ insecure: false });
  show(notice);
  await waitFor(() => expect(asked).toHaveBeenCalledOnce());
  expect(screen.queryByRole("note")).toBeNull();
});

test("a server that is away is asked again", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const asked = answers(new TypeError("away"), { insecure: true });
  show(notice);
  await vi.advanceTimersByTimeAsync(1_100);
  expect((await screen.findByRole("note")).textContent).toContain("read along");
  expect(asked).toHaveBeenCalledTimes(2);
});
