import { expect, test } from "vitest";

import { participantLink, roomPath, routeOf } from "./route";

test("reads the start page, a room, and a host's key", () => {
  expect(routeOf({ pathname: "/", hash: "" })).toEqual({ page: "home" });
  expect(routeOf({ pathname: "/r/a-b", hash: "" })).toEqual({ page: "room", slug: "a-b" });
  expect(routeOf({ pathname: "/r/a-b/", hash: "#k=x%2By" })).toEqual({
    page: "room",
    slug: "a-b",
    key: "x+y",
  });
});

test("reads the operator's page", () => {
  expect(routeOf({ pathname: "/zone", hash: "" })).toEqual({ page: "zone" });
  expect(routeOf({ pathname: "/zone/", hash: "" })).toEqual({ page: "zone" });
  expect(routeOf({ pathname: "/zones", hash: "" })).toEqual({ page: "home" });
});

test("a path leads back to its room and key", () => {
  const url = new URL(roomPath("a b", "k+/="), "http://h");
  expect(routeOf(url)).toEqual({ page: "room", slug: "a b", key: "k+/=" });
});

test("a personal link may propose a name", () => {
  expect(routeOf({ pathname: "/r/a", hash: "#p=t.k&n=Grace%20%26%20Co" })).toEqual({
    page: "room",
    slug: "a",
    person: "t.k",
    name: "Grace & Co",
  });
});

test("a cut-off escape is no error", () => {
  expect(routeOf({ pathname: "/r/%E0%A4%A", hash: "" })).toEqual({ page: "room", slug: "%E0%A4%A" });
});

test("the link for others never holds the host's key", () => {
  expect(participantLink("abc")).toBe(`${location.origin}/r/abc`);
});
