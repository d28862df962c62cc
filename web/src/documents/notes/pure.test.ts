/** The parts of the notes that only compute. */
import { getSchema } from "@tiptap/core";
import { expect, test } from "vitest";

import { addressOf, isAllowedAddress } from "./address";
import { imageAttributes, widthAfter } from "./image";
import { keysShown } from "./keys";
import { IMAGE_KEPT_BYTES_MAX, IMAGE_SOURCE_BYTES_MAX } from "./limits";
import { countWords, summaryOf } from "./outline";
import { brought, picturesIn, withoutForeignPictures } from "./pasted";
import { noteExtensions } from "./schema";
import { fittedSize, nameOf, planOf } from "./shrink";

test.each([
  ["example.org", "https://example.org"],
  ["localhost:8080/x", "https://localhost:8080/x"],
  ["ada@example.org", "mailto:ada@example.org"],
  [" HTTP://a.b ", "HTTP://a.b"],
  ["mailto:a@b.c", "mailto:a@b.c"],
  ["javascript:alert(1)", null],
  ["data:text/html,x", null],
  ["ftp://a.b", null],
  ["java\u0000script:x", null],
  ["two words", null],
  ["", null],
])("the address typed as %j becomes %j", (typed, address) => {
  expect(addressOf(typed)).toBe(address);
});

test("an address that a browser would read otherwise is not taken", () => {
  for (const bad of ["https://", "https:// a", "\thttps://a", "https://a\nb", " javascript:x"]) {
    expect(isAllowedAddress(bad), bad).toBe(false);
  }
});

test("foreign pictures of a pasted text become links, and nothing of it is loaded", () => {
  const html = withoutForeignPictures(
    '<p>a<img src="https://evil.example/p.png" alt="Plan"><img src="file:///etc/x" alt="y">' +
      '<img data-file="f1" src="https://evil.example/q.png" alt="own"></p><iframe src="x"></iframe>',
  );
  expect(html).toBe(
    '<p>a<a href="https://evil.example/p.png">Plan</a>y<img data-file="f1" alt="own"></p>',
  );
  expect(withoutForeignPictures("<b>x</b>")).toBe("<b>x</b>");
});

test("pictures that a text brings as bytes are taken out of it", () => {
  const html = '<p>a<img src="data:image/png;base64,AAEC"><img src="data:image/svg+xml;base64,AA"></p>';
  expect(picturesIn(html).map(({ type, size }) => [type, size])).toEqual([["image/png", 3]]);
  expect(withoutForeignPictures(html)).toBe("<p>a</p>");
});

test("a sheet's cells are taken as a table, not as the picture that comes along", () => {
  const picture = new File(["x"], "image.png", { type: "image/png" });
  const data = (html: string) =>
    ({ files: [picture], getData: () => html }) as unknown as DataTransfer;
  expect(brought(data("<table><tr><td>1</td></tr></table>")).only).toBe(false);
  expect(brought(data('<img src="blob:x">'))).toEqual({ files: [picture], only: true });
  expect(brought(data(""))).toEqual({ files: [picture], only: true });
  expect(brought(null)).toEqual({ files: [], only: false });
});

test("what becomes of a file depends on its type and size", () => {
  expect(planOf("image/jpeg", 5)).toEqual({ kind: "draw", type: "image/jpeg" });
  expect(planOf("image/heic", 5)).toEqual({ kind: "draw", type: "image/jpeg" });
  expect(planOf("image/png", 5)).toEqual({ kind: "draw", type: "image/png" });
  expect(planOf("image/gif", 5)).toEqual({ kind: "keep" });
  expect(planOf("image/gif", IMAGE_KEPT_BYTES_MAX + 1)).toEqual({ kind: "refuse", reason: "tooLarge" });
  expect(planOf("image/png", IMAGE_SOURCE_BYTES_MAX + 1)).toEqual({ kind: "refuse", reason: "tooLarge" });
  expect(planOf("image/svg+xml", 5)).toEqual({ kind: "refuse", reason: "vector" });
  expect(planOf("application/pdf", 5)).toEqual({ kind: "refuse", reason: "notPicture" });
});

test("large pictures are made smaller in their own shape, small ones are left", () => {
  expect(fittedSize(8_000, 4_000)).toEqual({ width: 2_560, height: 1_280 });
  expect(fittedSize(20_000, 1)).toEqual({ width: 2_560, height: 1 });
  expect(fittedSize(40, 30)).toEqual({ width: 40, height: 30 });
  expect(nameOf("../a/My photo.HEIC", "image/jpeg")).toBe("My photo.jpg");
  expect(nameOf("", "image/png")).toBe("picture.png");
});

test("what others wrote into a picture is made sound", () => {
  expect(imageAttributes({ file: 5, alt: null, width: "70.4", ratio: -1 })).toEqual({
    file: "", alt: "", width: 70, ratio: null,
  });
  expect(imageAttributes({ file: "f", alt: "a", width: 5, ratio: 1.5 })).toEqual({
    file: "f", alt: "a", width: null, ratio: 1.5,
  });
  expect(widthAfter(null, 43, 1)).toBe(50);
  expect(widthAfter(100, 100, 1)).toBe(100);
  expect(widthAfter(12, 100, -1)).toBe(10);
});

test("keys are written as the machine calls them", () => {
  expect(keysShown("Mod-Shift-B", false)).toBe("Ctrl+Shift+B");
  expect(keysShown("Alt-Shift-ArrowUp", true)).toBe("⌥⇧↑");
});

test("headings, words and tasks are counted in any language", () => {
  const schema = getSchema(noteExtensions({ taskLabel: () => "", mendsTables: () => false }));
  const text = (words: string) => ({ type: "text", text: words });
  const doc = schema.nodeFromJSON({
    type: "doc",
    content: [
      { type: "heading", attrs: { level: 2 }, content: [text("Plan for us")] },
      { type: "heading", attrs: { level: 1 } },
      {
        type: "taskList",
        content: [true, false].map((checked) => ({
          type: "taskItem",
          attrs: { checked },
          content: [{ type: "paragraph", content: [text("tea, cups")] }],
        })),
      },
    ],
  });
  const summary = summaryOf(doc, "en");
  expect(summary).toMatchObject({ words: 7, tasks: 2, tasksDone: 1 });
  expect(summary.headings).toEqual([{ text: "Plan for us", level: 2, position: 0 }]);
  expect(countWords("今天天气很好", "zh")).toBeGreaterThan(1);
});
