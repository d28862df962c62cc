import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";

import { expectAccessible, show } from "../testing/page";
import { mergeEvents, qosOf, type Zone, type ZoneEvent } from "./model";
import ZonePage from "./ZonePage";

const event: ZoneEvent = {
  id: "e1",
  time_ms: 1_000,
  kind: "died",
  process: "web-1",
  node: "one",
  detail: "killed by SIGKILL",
  done: "",
  after_ms: 0,
};

const zone: Zone = {
  zone: "town",
  version: "0.1.0",
  time_ms: 1_000,
  availability: {
    high: false,
    engine_nodes: 1,
    engine_nodes_needed: 3,
    copies: 1,
    missing: ["engine_nodes", "copies", "people_nodes"],
    people_nodes: 1,
    unheard: [],
  },
  nodes: [
    {
      name: "one",
      url: "http://one:8080",
      encryption: "none",
      certificate: { days_left: 3, expires_soon: true, problem: "The key does not belong." },
      state: "alive",
      engine: true,
      keeps: true,
      streams: 4,
      leads: 4,
      free_percent: 50,
      certificate_days: -1,
      clock_off_s: 0,
      disk_errors: 0,
      disk_ms: 1,
      warnings: [],
      disk: {
        engine_bytes: 1_000_000,
        logs_bytes: 2_000,
        free_bytes: 5_000_000_000,
        log_bytes_max: 12_000_000,
      },
      processes: [
        {
          id: "collaboration-1",
          role: "collaboration",
          state: "ready",
          restarts: 1,
          uptime_s: 70,
          memory_bytes: 30_000_000,
          qos: 87,
          connections: 3,
          conferences: 1,
          detail: "",
        },
        {
          id: "documents-1",
          role: "documents",
          state: "failed",
          restarts: 5,
          uptime_s: 0,
          memory_bytes: null,
          detail: "no module",
        },
      ],
    },
  ],
  conferences: [
    {
      id: "c1",
      title: "Weekly",
      people: 2,
      connections: 2,
      servers: [{ node: "one", id: "collaboration-1" }],
    },
  ],
  conferences_total: 1,
  events: [event],
};

function answers(status: number, body: unknown) {
  const fetched = vi.fn(() => Promise.resolve({ status, json: () => Promise.resolve(body) }));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

afterEach(() => {
  vi.unstubAllGlobals();
  sessionStorage.clear();
});

test("asks for the token, and shows the zone with it", { timeout: 30_000 }, async () => {
  const fetched = answers(200, zone);
  const { container } = show(<ZonePage />);
  await expectAccessible(container);
  await userEvent.click(screen.getByLabelText("Admin token"));
  await userEvent.paste(" secret ");
  await userEvent.click(screen.getByRole("button", { name: "Show the zone" }));
  await screen.findByText("Zone town");
  expect(fetched.mock.calls[0]).toEqual([
    "/api/v1/zone",
    expect.objectContaining({ headers: { Authorization: "Bearer secret" } }),
  ]);
  expect(screen.getByText("Not highly available")).toBeTruthy();
  expect(screen.getByText("1 of 3 machines that keep data are there.")).toBeTruthy();
  expect(screen.getByText("1 process in trouble", { exact: false })).toBeTruthy();
  expect(screen.getByText("failed")).toBeTruthy();
  expect(screen.getByText("Not encrypted: others on the network could read along")).toBeTruthy();
  expect(screen.getByText("The certificate ends in 3 days: renew it")).toBeTruthy();
  expect(screen.getByText("The new certificate is not used: The key does not belong.")).toBeTruthy();
  expect(screen.getByText("Weekly")).toBeTruthy();
  expect(screen.getByText("being replaced")).toBeTruthy();
  expect(sessionStorage.getItem("folkmoot.admin")).toBe("secret");
  await expectAccessible(container);
  await userEvent.click(screen.getByRole("button", { name: "Forget the token" }));
  expect(sessionStorage.getItem("folkmoot.admin")).toBeNull();
});

test("a token that is refused is forgotten, and the form says why", async () => {
  sessionStorage.setItem("folkmoot.admin", "old");
  answers(401, { code: "token_expired", message: "x" });
  await act(async () => {
    show(<ZonePage />);
    await Promise.resolve();
  });
  await screen.findByText(/has expired/u);
  expect(sessionStorage.getItem("folkmoot.admin")).toBeNull();
});

test("what was told before stays when another server tells less", () => {
  const done: ZoneEvent = { ...event, done: "ready", after_ms: 300 };
  const later: ZoneEvent = { ...event, id: "e2", time_ms: 2_000 };
  expect(mergeEvents([event], [done, later])).toEqual([later, done]);
  expect(mergeEvents([done], [])).toEqual([done]);
  expect(mergeEvents([done], [event])).toEqual([done]);
});

test("a machine that is not heard comes first, and says what to do", async () => {
  sessionStorage.setItem("folkmoot.admin", "good");
  const [one] = zone.nodes;
  if (one === undefined) throw new Error("there is a machine");
  const fine = { ...one, processes: one.processes.slice(0, 1) };
  const full = {
    ...fine,
    name: "two",
    free_percent: 4,
    clock_off_s: -40,
    disk_errors: 3,
    warnings: ["disk_failing" as const, "disk_low" as const, "clock_off" as const],
  };
  const lost = { ...fine, name: "zero", state: "gone" as const, engine: false, processes: [] };
  answers(200, {
    ...zone,
    availability: { ...zone.availability, unheard: ["zero"] },
    nodes: [fine, full, lost],
  });
  const { container } = show(<ZonePage />);
  await screen.findByText("zero is not heard.");
  const names = screen.getAllByRole("article").map((card) => card.getAttribute("aria-label"));
  expect(names).toEqual(["Machine zero", "Machine two", "Machine one"]);
  expect(screen.getByText("The disk fails: errors of reading or writing within a day: 3.")).toBeTruthy();
  expect(screen.getByText("The disk gets full: 4 % are free.")).toBeTruthy();
  expect(screen.getByText("The machine's clock is -40 s off the others': set it by NTP.")).toBeTruthy();
  expect(screen.getByText("Gone: nothing is heard of it", { exact: false })).toBeTruthy();
  expect(screen.getAllByText("Leads 4 of 4 logs")).toHaveLength(2);
  await expectAccessible(container);
});

test("a machine serves as well as its worst server for people", () => {
  expect(zone.nodes.map(qosOf)).toEqual([87]);
  expect(zone.nodes.map((node) => qosOf({ ...node, processes: [] }))).toEqual([undefined]);
});
