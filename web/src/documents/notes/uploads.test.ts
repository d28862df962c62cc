/** Pictures on their way: each gets to its place, whatever is written meanwhile. */
import { Editor } from "@tiptap/core";
import { afterEach, expect, test, vi } from "vitest";
import * as Y from "yjs";

import { bound } from "./opened";
import { noteExtensions } from "./schema";
import { PictureRefused, type Picture } from "./shrink";
import { ImageUploads, UploadPlaces, type PictureStore } from "./uploads";

const LABELS = { progress: (name: string) => `${name}…`, cancel: "c", again: "a", dismiss: "d" };
const editors: Editor[] = [];

afterEach(() => {
  for (const editor of editors.splice(0)) editor.destroy();
});

function gate<T>() {
  let open: (value: T) => void = () => undefined;
  let shut: (error: unknown) => void = () => undefined;
  const way = new Promise<T>((resolve, reject) => {
    open = resolve;
    shut = reject;
  });
  return { way, open, shut };
}

function room(prepare: (file: File) => Promise<Picture>, upload: PictureStore["upload"]) {
  const uploads = new ImageUploads(
    () => ({ upload }),
    () => ({
      refused: (reason, name) => `${name} ${reason}`,
      failed: (_, name) => `${name} failed`,
    }),
    prepare,
  );
  const ydoc = new Y.Doc();
  const page = () => {
    const editor = new Editor({
      element: document.createElement("div"),
      extensions: [
        ...noteExtensions({ taskLabel: () => "", mendsTables: () => false }),
        bound(ydoc.getXmlFragment("content")),
        UploadPlaces.configure({ uploads, labels: LABELS }),
      ],
    });
    uploads.attach(editor);
    editors.push(editor);
    return editor;
  };
  return { uploads, ydoc, page };
}

const FILE = new File(["x"], "cat.png", { type: "image/png" });
const whole = async (): Promise<Picture> => ({ data: FILE, name: "cat.png", ratio: 1.5 });

test("a picture comes where it was pasted, though text was written before it and the editor is new", async () => {
  const { way, open } = gate<{ file: string }>();
  const { uploads, page, ydoc } = room(whole, () => way);
  const first = page();
  first.commands.setContent("<p>above</p><p>here</p><p>below</p>");
  uploads.add([FILE], 12); // after "here"
  expect(first.view.dom.textContent).toContain("cat.png…");
  const elsewhere = new Y.Doc();
  Y.applyUpdate(elsewhere, Y.encodeStateAsUpdate(ydoc));
  const above = elsewhere.getXmlFragment("content").get(0) as Y.XmlElement;
  (above.get(0) as Y.XmlText).insert(0, "far, far ");
  Y.applyUpdate(ydoc, Y.encodeStateAsUpdate(elsewhere), "others");
  first.destroy();
  const next = page();
  open({ file: "f1" });
  await vi.waitFor(() => expect(uploads.all).toEqual([]));
  const blocks: string[] = [];
  next.state.doc.forEach((node) => blocks.push(node.attrs["file"] ?? node.textContent));
  expect(blocks).toEqual(["far, far above", "here", "f1", "below"]);
});

test("a picture that comes late does not split what was written at its place meanwhile", async () => {
  const { way, open } = gate<{ file: string }>();
  const { uploads, page } = room(whole, () => way);
  const editor = page();
  editor.commands.setContent("<p>here</p><p>below</p>");
  uploads.add([FILE], 5); // after "here"
  editor.commands.insertContentAt(5, ", and on it goes");
  open({ file: "f1" });
  await vi.waitFor(() => expect(uploads.all).toEqual([]));
  const blocks: string[] = [];
  editor.state.doc.forEach((node) => blocks.push(node.attrs["file"] ?? node.textContent));
  expect(blocks).toEqual(["here, and on it goes", "f1", "below"]);
});

test("what was refused says why and is put away; what failed may be tried again", async () => {
  const prepare = vi.fn(whole);
  prepare.mockRejectedValueOnce(new PictureRefused("vector"));
  const upload = vi.fn<PictureStore["upload"]>();
  upload.mockRejectedValueOnce(new Error("away")).mockResolvedValue({ file: "f2" });
  const { uploads, page } = room(prepare, upload);
  const editor = page();
  uploads.add([FILE], 1);
  await vi.waitFor(() => expect(uploads.all[0]?.failure).toBe("cat.png vector"));
  const buttons = () => [...editor.view.dom.querySelectorAll("button")];
  expect(buttons().map((one) => one.textContent)).toEqual(["d"]);
  buttons()[0]?.click();
  expect(uploads.all).toEqual([]);
  uploads.add([FILE], 1);
  await vi.waitFor(() => expect(buttons().map((one) => one.textContent)).toEqual(["a", "d"]));
  buttons()[0]?.click();
  await vi.waitFor(() => expect(editor.getJSON().content?.[0]).toMatchObject({
    type: "image", attrs: { file: "f2", ratio: 1.5 },
  }));
});

test("one that is cancelled leaves nothing, though its bytes arrive", async () => {
  const { way, open } = gate<{ file: string }>();
  let aborted = false;
  const { uploads, page } = room(whole, (_, { signal }) => {
    signal.addEventListener("abort", () => (aborted = true));
    return way;
  });
  const editor = page();
  uploads.add([FILE], 1);
  await vi.waitFor(() => expect(editor.view.dom.querySelector("progress")).not.toBeNull());
  await Promise.resolve();
  editor.view.dom.querySelector("button")?.click();
  open({ file: "f3" });
  await way;
  expect(uploads.all).toEqual([]);
  expect(editor.getText()).toBe("");
  expect(aborted).toBe(true);
});
