import { expect, test } from "vitest";

import { linkify } from "./linkify";

const links = (text: string) =>
  linkify(text).flatMap((piece) => (piece.kind === "link" ? [piece.text] : []));

test.each([
  ["see https://example.org.", ["https://example.org"]],
  ["(https://example.org/a_(b))", ["https://example.org/a_(b)"]],
  ["https://a.example, http://b.example/?q=1!", ["https://a.example", "http://b.example/?q=1"]],
  ["javascript:alert(1) data:text/html,x file:///etc/passwd", []],
  ["xhttps://example.org", []],
  ["https://", []],
  ['https://example.org"onmouseover=x', ["https://example.org"]],
])("%s", (text, expected) => {
  expect(links(text)).toEqual(expected);
});

test("no character is lost", () => {
  const text = "a https://example.org/x, b (http://c.example) d";
  expect(linkify(text).map((piece) => piece.text).join("")).toBe(text);
});
