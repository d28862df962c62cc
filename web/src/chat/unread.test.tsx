import { act, renderHook } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import type { Message } from "../session/model";
import { message, NOON_MS, own } from "../testing/messages";
import { unreadOf, useUnread } from "./unread";

afterEach(() => localStorage.clear());

const later = (key: string, after_ms: number) => message(key, { time_ms: NOON_MS + after_ms });

test("only saved messages of others count", () => {
  const messages = [later("a", 1), own("b", { time_ms: NOON_MS + 2 }), later("c", 3)];
  expect(unreadOf(messages, NOON_MS)).toEqual({ count: 2, first: "a" });
  expect(unreadOf(messages, NOON_MS + 1)).toEqual({ count: 1, first: "c" });
  expect(unreadOf(messages, NOON_MS + 3)).toEqual({ count: 0 });
});

interface Given {
  messages: Message[];
  reading: boolean;
}

function hook(given: Given) {
  return renderHook(({ messages, reading }: Given) => useUnread("room", messages, true, reading), {
    initialProps: given,
  });
}

test("who comes for the first time has missed nothing", () => {
  const { result } = hook({ messages: [message("a")], reading: false });
  expect(result.current.count).toBe(0);
});

test("messages count while nobody reads, and no more once somebody does", () => {
  const start = [message("a")];
  const { result, rerender } = hook({ messages: start, reading: true });
  const more = [...start, later("b", 1), later("c", 2)];
  rerender({ messages: more, reading: false });
  expect(result.current.count).toBe(2);
  expect(result.current.divider).toBe("b");
  rerender({ messages: more, reading: true });
  expect(result.current.count).toBe(0);
  expect(result.current.divider).toBe("b");
  act(() => result.current.clearDivider());
  expect(result.current.divider).toBeUndefined();
});

test("who reads along sees no line above what is new", () => {
  const start = [message("a")];
  const { result, rerender } = hook({ messages: start, reading: true });
  rerender({ messages: [...start, later("b", 1)], reading: true });
  expect(result.current.count).toBe(0);
  expect(result.current.divider).toBeUndefined();
});

test("what was not seen before a reload still counts after it", () => {
  const start = [message("a")];
  hook({ messages: start, reading: true }).unmount();
  const { result } = hook({ messages: [...start, later("b", 5)], reading: false });
  expect(result.current.count).toBe(1);
});
