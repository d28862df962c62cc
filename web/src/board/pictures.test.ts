import type { BinaryFileData, BinaryFiles } from "@excalidraw/excalidraw/types";
import { expect, test, vi } from "vitest";

import type { SceneElement } from "./binding/element";
import { type FileStore, Pictures } from "./pictures";

const PIXEL = `data:image/png;base64,${btoa("a picture")}`;

function element(fileId: string, more: object = {}): never {
  return { id: "e", type: "image", isDeleted: false, fileId, ...more } as never;
}

function filesOf(...ids: string[]): BinaryFiles {
  const all = ids.map((id) => [id, { id, dataURL: PIXEL, mimeType: "image/png", created: 1 }]);
  return Object.fromEntries(all) as unknown as BinaryFiles;
}

function pictures(store: Partial<FileStore>) {
  const listener = { waiting: vi.fn(), refused: vi.fn(), stored: vi.fn() };
  const none = () => Promise.reject(new Error("not asked for"));
  return { made: new Pictures({ upload: none, fetch: none, ...store }, listener), listener };
}

test("a picture is uploaded once, and known by the room's file from then on", async () => {
  const upload = vi.fn((_data: Blob) => Promise.resolve({ file: "f1" }));
  const { made, listener } = pictures({ upload });
  expect(made.stored("p")).toBeUndefined();
  for (let n = 0; n < 3; n += 1) made.take([element("p")], filesOf("p"));
  await vi.waitFor(() => expect(listener.stored).toHaveBeenCalledOnce());
  made.take([element("p")], filesOf("p"));
  expect(upload).toHaveBeenCalledOnce();
  expect(upload.mock.calls[0]?.[0]).toMatchObject({ type: "image/png", size: 9 });
  expect(made.stored("p")).toBe("f1");
  expect(listener.waiting).toHaveBeenLastCalledWith(0);
});

test("a refusal is told, and the picture may be put there again", async () => {
  const upload = vi.fn(() => Promise.reject(new Error("full")));
  const { made, listener } = pictures({ upload });
  made.take([element("p")], filesOf("p"));
  await vi.waitFor(() => expect(listener.refused).toHaveBeenCalledOnce());
  made.take([element("p")], filesOf("p"));
  expect(upload).toHaveBeenCalledOnce();
  made.forget("p");
  made.take([element("p")], filesOf("p"));
  await vi.waitFor(() => expect(listener.refused).toHaveBeenCalledTimes(2));
});

test("pictures of others are fetched once, three at a time, and what fails is tried again", async () => {
  let [now, most, fails] = [0, 0, 1];
  const fetch = vi.fn(async () => {
    now += 1;
    most = Math.max(most, now);
    await Promise.resolve();
    now -= 1;
    if (fails > 0) {
      fails -= 1;
      throw new Error("no server");
    }
    return new Blob(["x"], { type: "image/png" });
  });
  const { made } = pictures({ fetch });
  const given: BinaryFileData[] = [];
  const api = { getFiles: () => ({}), addFiles: (data: BinaryFileData[]) => given.push(...data) };
  const elements = Array.from({ length: 6 }, (_, n) => element(`p${n}`, { file: `f${n}` }));
  made.want(elements as SceneElement[], api as never);
  made.want(elements as SceneElement[], api as never);
  await vi.waitFor(() => expect(new Set(given.map(({ id }) => id)).size).toBe(6));
  expect(fetch).toHaveBeenCalledTimes(7);
  expect(most).toBeLessThanOrEqual(3);
  expect(given[0]?.dataURL).toMatch(/^data:image\/png;base64,/u);
});
