import { expect, test } from "vitest";

import {
  addressesOf,
  addressOf,
  serverName,
  standbyAddress,
  webSocketUrl,
} from "../src/address";

const ORIGIN = "http://a.test:8080";

test.each([
  ["/s/collaboration-1", ORIGIN, "/s/collaboration-1"],
  ["/s/collaboration-1", "/s/collaboration-2", "/s/collaboration-1"],
  ["/s/collaboration-1", "http://b.test/s/collaboration-2", "http://b.test/s/collaboration-1"],
  ["http://a.test:8080/s/x", "http://b.test/s/y", "/s/x"],
  ["https://b.test/s/x?a#b", ORIGIN, "https://b.test/s/x"],
  ["ftp://b.test/s/x", ORIGIN, null],
  ["http://", ORIGIN, null],
])("%s, told by %s, is %s", (told, from, address) => {
  expect(addressOf(told, from, ORIGIN)).toBe(address);
});

test("a page that came by TLS connects by nothing else", () => {
  const told = ["/s/x", "http://b.test/s/x", "https://b.test/s/x", "/s/x"];
  const origin = "https://a.test";
  expect(addressesOf(told, origin, origin)).toEqual(["/s/x", "https://b.test/s/x"]);
  expect(webSocketUrl("/s/x", origin)).toBe("wss://a.test/s/x");
  expect(webSocketUrl("http://b.test:81/s/x", ORIGIN)).toBe("ws://b.test:81/s/x");
});

test("a name says the machine when it is another one", () => {
  expect(serverName("/s/collaboration-1")).toBe("collaboration-1");
  expect(serverName("http://10.0.0.2:8080/s/collaboration-1")).toBe(
    "collaboration-1@10.0.0.2:8080",
  );
});

test("a standby is best on another machine, and on one that did not just fail", () => {
  const all = ["/s/1", "/s/2", "http://b/s/1", "http://c/s/1"];
  const failing = (...failed: string[]) => (address: string) => failed.includes(address);
  expect(standbyAddress(all, "/s/1", failing())).toBe("http://b/s/1");
  expect(standbyAddress(all, "http://b/s/1", failing())).toBe("/s/1");
  expect(standbyAddress(all, "/s/1", failing("http://b/s/1"))).toBe("http://c/s/1");
  expect(standbyAddress(all, "/s/1", failing("http://b/s/1", "http://c/s/1"))).toBe("/s/2");
  expect(standbyAddress(["/s/1"], "/s/1", failing())).toBeNull();
});
