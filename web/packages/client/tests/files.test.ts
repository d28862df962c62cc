import fc from "fast-check";
import { expect, test } from "vitest";

import { filesAfter, filesOfView, NO_FILES } from "../src/apps/files";
import type { Event } from "../src/generated/frames.gen";
import { SharedFiles } from "../src/sharedFiles";

function event(type: string, body: unknown): Event {
  return { index: 0, app: "files", type, author: "", number: 0, counter: 0, body };
}

const FILE = {
  file: "9.0", name: "cat.png", type: "image/png", bytes: 7, person: "p", by: "Ada",
  shared_ms: 1, width: 3, height: 2, preview: true,
};

test("files come from the view and from events, and go when they are removed", () => {
  const view = filesOfView({ files: [FILE, { file: 7 }, null] });
  expect(view).toMatchObject([{ id: "9.0", by: "Ada", preview: true, sharedMs: 1 }]);
  const more = filesAfter(view, event("stored", { ...FILE, file: "10.0" }));
  expect(more.map(({ id }) => id)).toEqual(["9.0", "10.0"]);
  expect(filesAfter(more, event("stored", FILE))).toHaveLength(2);
  expect(filesAfter(more, event("removed", { file: "9.0" })).map(({ id }) => id)).toEqual(["10.0"]);
  expect(filesOfView(null)).toBe(NO_FILES);
  expect(filesAfter(view, event("other", FILE))).toBe(view);
});

/** What happens to one request: it is cut off before or after it took effect, or half way. */
type Fault = "none" | "before" | "half" | "after" | "expired" | "busy";

/** A zone's web servers, as far as uploads go. */
class Servers {
  stored = new Uint8Array(0);
  length = -1;
  requests: string[] = [];
  outcome: Record<string, unknown> = { phase: "stored", file: "9.0" };
  /** So often it is still being examined before that. */
  examined = 0;
  stepMs = 1;
  tickets = 0;
  cancelled = false;

  constructor(private readonly faults: Fault[] = []) {}

  readonly fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const method = init.method ?? "GET";
    this.requests.push(`${method} ${url}`);
    init.signal?.throwIfAborted();
    const fault = this.faults.shift() ?? "none";
    if (fault === "before") throw new TypeError("cut");
    if (fault === "busy") return Response.json({ code: "busy", message: "Wait." }, { status: 503 });
    if (fault === "expired") return Response.json({ code: "token_expired" }, { status: 403 });
    const answer = await this.answer(method, init, fault === "half");
    if (fault !== "none") throw new TypeError("cut");
    return answer;
  };

  private async answer(method: string, init: RequestInit, half: boolean): Promise<Response> {
    const told = new Headers(init.headers);
    if (method === "POST") {
      this.length = Number(told.get("upload-length"));
      return new Response(null, { status: 201, headers: { location: "/api/v1/rooms/c/uploads/u" } });
    }
    if (method === "PATCH") {
      if (Number(told.get("upload-offset")) !== this.stored.length) {
        return Response.json({ code: "wrong_offset", message: "No." }, { status: 409 });
      }
      const part = new Uint8Array(await new Response(init.body).arrayBuffer());
      const kept = half ? part.slice(0, part.length / 2) : part;
      this.stored = new Uint8Array([...this.stored, ...kept]);
    }
    if (method === "DELETE") this.cancelled = true;
    const headers = { "upload-offset": String(this.stored.length) };
    if (method === "GET" && this.examined > 0) {
      this.examined -= 1;
      return Response.json({ phase: "complete" }, { headers });
    }
    if (method === "GET") return Response.json(this.outcome, { headers });
    return new Response(null, { status: method === "HEAD" ? 200 : 204, headers });
  }

  files(): SharedFiles {
    let nowMs = 0;
    return new SharedFiles({
      submit: () => ({ id: "1", outcome: new Promise(() => undefined) }),
      get: (query) => {
        this.tickets += 1;
        return Promise.resolve({ ticket: `${query}${this.tickets}`, room: "c" });
      },
      fetch: this.fetch,
      origins: () => ["http://a", "http://b"],
      random: () => -1, // waits of no length
      nowMs: () => (nowMs += this.stepMs),
    });
  }
}

const FAULTS = fc.array(fc.constantFrom<Fault>("none", "before", "half", "after", "expired", "busy"), {
  maxLength: 12,
});

test("whatever is cut off, all bytes are stored once and in their order", async () => {
  await fc.assert(
    fc.asyncProperty(FAULTS, fc.integer({ min: 1, max: 5_000 }), async (faults, size) => {
      const servers = new Servers(faults);
      const data = Uint8Array.from({ length: size }, (_, index) => index % 251);
      const seen: number[] = [];
      const { file } = await servers.files().upload(new Blob([data]), {
        name: "Größe.txt",
        onProgress: (done) => seen.push(done),
      });
      expect(file).toBe("9.0");
      expect(servers.stored).toEqual(data);
      expect(servers.length).toBe(size);
      expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    }),
    { numRuns: 100 },
  );
});

test("a server that is gone is left for another one, and a ticket that is over renewed", async () => {
  const servers = new Servers(["none", "before", "none", "expired"]);
  await servers.files().upload(new Blob(["abc"]), { name: "a.txt" });
  expect(servers.requests.map((told) => told.replace(/\/api.*/, ""))).toEqual([
    "POST http://a", "PATCH http://a", "HEAD http://b", "PATCH http://b", "HEAD http://b",
    "PATCH http://b", "GET http://b",
  ]);
  expect(servers.tickets).toBe(2);
});

test("a refusal has its code and its sentence, and is not tried again", async () => {
  const servers = new Servers();
  servers.outcome = { phase: "refused", code: "mislabelled", message: "It is no picture." };
  const refused = servers.files().upload(new Blob(["abc"]), { name: "a.png" });
  await expect(refused).rejects.toMatchObject({ code: "mislabelled", message: "It is no picture." });
});

test("an examination may take longer than a server may be silent, and is bounded", async () => {
  const servers = new Servers();
  servers.stepMs = 30_000;
  servers.examined = 5;
  const { file } = await servers.files().upload(new Blob(["abc"]), { name: "a.txt" });
  expect(file).toBe("9.0");
  const endless = new Servers();
  endless.stepMs = 30_000;
  endless.examined = Number.POSITIVE_INFINITY;
  const given = endless.files().upload(new Blob(["abc"]), { name: "a.txt" });
  await expect(given).rejects.toMatchObject({ code: "unreachable" });
});

test("who cancels leaves nothing", async () => {
  const servers = new Servers();
  const cancel = new AbortController();
  const upload = servers.files().upload(new Blob([new Uint8Array(600 * 1024)]), {
    name: "a.bin",
    signal: cancel.signal,
    onProgress: () => cancel.abort(),
  });
  await expect(upload).rejects.toMatchObject({ code: "aborted" });
  expect(servers.cancelled).toBe(true);
  expect(servers.requests.filter((told) => told.startsWith("PATCH"))).toHaveLength(1);
});

test("a file that was read is kept, until it is removed", async () => {
  const servers = new Servers(["before", "none"]);
  const files = servers.files();
  const [one, two] = await Promise.all([files.fetch("9.0"), files.fetch("9.0")]);
  expect(one).toBe(two);
  expect(servers.requests).toHaveLength(2);
  await files.fetch("9.0", { preview: true });
  expect(servers.requests.at(-1)).toBe("GET http://a/api/v1/rooms/c/files/9.0?preview=true");
  files.followed(event("removed", { file: "9.0" }));
  await files.fetch("9.0");
  expect(servers.requests).toHaveLength(4);
  expect(await files.link("9.0")).toBe("http://a/api/v1/rooms/c/files/9.0?ticket=file5");
  const cut = new Servers(["before"]).files();
  expect(await cut.link("9.0")).toBe("http://b/api/v1/rooms/c/files/9.0?ticket=file1");
});
