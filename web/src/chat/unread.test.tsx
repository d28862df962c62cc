import { act, renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import type { Message } from "../session/model";
import { message, own } from "../testing/messages";
import { unreadOf, useUnread } from "./unread";

afterEach(() => localStorage.clear());

test("only saved messages of others count", () => {
  const pending = own("x", { id: "", status: "sending" });
  const messages = [message("1.0"), own("2.0"), message("3.0"), message("10.0"), pending];
  expect(unreadOf(messages, "0.0")).toEqual({ count: 3, first: "1.0" });
  expect(unreadOf(messages, "1.0")).toEqual({ count: 2, first: "3.0" });
  expect(unreadOf(messages, "10.0")).toEqual({ count: 0 });
});

interface Given {
  messages: Message[];
  reading: boolean;
  read?: string;
  unread?: number;
}

function hook(given: Given) {
  const onRead = vi.fn();
  const rendered = renderHook(
    ({ messages, reading, read = "", unread = 0 }: Given) =>
      useUnread("room", messages, { ready: true, reading, read, unread, onRead }),
    { initialProps: given },
  );
  return { ...rendered, onRead };
}

test("who comes for the first time has missed nothing, and begins to read here", () => {
  const { result, onRead } = hook({ messages: [message("1.0")], reading: false });
  expect(result.current.count).toBe(0);
  expect(onRead).toHaveBeenCalledExactlyOnceWith("1.0");
});

test("messages count while nobody reads, and no more once somebody does", () => {
  const start = [message("1.0")];
  const { result, rerender, onRead } = hook({ messages: start, reading: true });
  const more = [...start, message("2.0"), message("3.0")];
  rerender({ messages: more, reading: false });
  expect(result.current.count).toBe(2);
  expect(result.current.divider).toBe("2.0");
  rerender({ messages: more, reading: true });
  expect(result.current.count).toBe(0);
  expect(onRead).toHaveBeenLastCalledWith("3.0");
  expect(result.current.divider).toBe("2.0");
  act(() => result.current.clearDivider());
  expect(result.current.divider).toBeUndefined();
});

test("who reads along sees no line above what is new", () => {
  const start = [message("1.0")];
  const { result, rerender } = hook({ messages: start, reading: true });
  rerender({ messages: [...start, message("2.0")], reading: true });
  expect(result.current.count).toBe(0);
  expect(result.current.divider).toBeUndefined();
});

test("what was not seen before a reload still counts after it", () => {
  const start = [message("1.0")];
  hook({ messages: start, reading: true }).unmount();
  const { result } = hook({ messages: [...start, message("2.0")], reading: false });
  expect(result.current.count).toBe(1);
});

test("what was read on another device counts as read, and what is not loaded counts too", () => {
  const messages = [message("5.0"), message("6.0")];
  const { result, rerender } = hook({ messages, reading: false, read: "1.0", unread: 40 });
  expect(result.current.count).toBe(40);
  rerender({ messages, reading: false, read: "5.0", unread: 1 });
  expect(result.current.count).toBe(1);
});
