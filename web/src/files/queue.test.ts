import { ApiError } from "@folkmoot/client";
import { expect, test, vi } from "vitest";

import { kindOf, sizeOf } from "./kinds";
import { UploadQueue } from "./queue";

interface Begun {
  readonly name: string;
  readonly progress: (done: number, of: number) => void;
  readonly signal: AbortSignal;
  readonly end: (failure?: unknown) => void;
}

function queue() {
  const begun: Begun[] = [];
  const shared: string[] = [];
  const made = new UploadQueue(
    {
      upload: (_data, options) =>
        new Promise((resolve, reject) => {
          const end = (failure?: unknown) =>
            failure === undefined ? resolve({ file: "1.0" }) : reject(failure as Error);
          const signal = options.signal ?? new AbortController().signal;
          signal.addEventListener("abort", () => end(new ApiError("aborted", "")));
          const progress = options.onProgress ?? (() => undefined);
          begun.push({ name: options.name, progress, signal, end });
        }),
    },
    (name) => shared.push(name),
  );
  const phases = () => made.getSnapshot().map(({ name, phase }) => `${name} ${phase}`);
  return { made, begun, shared, phases };
}

const file = (name: string, text = "abc") => new File([text], name);

test("a few go at a time, the next when one is through", async () => {
  const { made, begun, shared, phases } = queue();
  made.add(["a", "b", "c"].map((name) => file(name)));
  expect(phases()).toEqual(["a sending", "b sending", "c waiting"]);
  begun[0]?.progress(3, 3);
  expect(phases()[0]).toBe("a examining");
  begun[0]?.end();
  await vi.waitFor(() => expect(phases()).toEqual(["b sending", "c sending"]));
  expect(shared).toEqual(["a"]);
});

test("one that failed stays until it is hidden, and can be tried again", async () => {
  const { made, begun, phases } = queue();
  made.add([file("a")]);
  begun[0]?.end(new ApiError("storage_full", "Full."));
  await vi.waitFor(() => expect(phases()).toEqual(["a failed"]));
  const [entry] = made.getSnapshot();
  made.retry(entry?.id ?? 0);
  expect(phases()).toEqual(["a sending"]);
  made.drop(entry?.id ?? 0);
  expect(phases()).toEqual([]);
  await vi.waitFor(() => expect(begun[1]?.signal.aborted).toBe(true));
  expect(phases()).toEqual([]);
});

test("what is empty, or a folder, is refused without a server", () => {
  const { made, begun, phases } = queue();
  made.add([file("empty", "")]);
  made.refuseFolders(["pictures"], "Folders cannot be shared.");
  expect(phases()).toEqual(["empty failed", "pictures failed"]);
  expect(begun).toEqual([]);
});

test("leaving the room ends what is under way", () => {
  const { made, begun } = queue();
  made.add(["a", "b", "c"].map((name) => file(name)));
  made.stop();
  expect(begun.map(({ signal }) => signal.aborted)).toEqual([true, true]);
});

test("types have a kind, and sizes a unit", () => {
  expect(kindOf("application/vnd.oasis.opendocument.text")).toBe("text");
  expect(kindOf("image/svg+xml")).toBe("picture");
  expect(kindOf("application/octet-stream")).toBe("other");
  expect([0, 999, 1_000, 1_250_000, 209_715_200, 2_147_483_648].map((n) => sizeOf(n, "en"))).toEqual(
    ["0 byte", "999 byte", "1 kB", "1.3 MB", "210 MB", "2.1 GB"],
  );
});
