/**
 * One upload (tus 1.0) from its beginning to its outcome, whatever servers die meanwhile: it asks
 * the next one how far it is, and goes on there.
 */
import { ApiError, type Fetch } from "./api";
import { textOf } from "./apps/values";
import { isMap } from "./wire";

export type Purpose = "file" | "image" | "deck";

export interface UploadOptions {
  readonly name: string;
  readonly purpose?: Purpose;
  /** How many bytes of how many are stored. */
  readonly onProgress?: (done: number, of: number) => void;
  /** Aborting it cancels the upload and leaves nothing of it. */
  readonly signal?: AbortSignal;
}

export interface UploadHost {
  get(query: string, args: unknown): Promise<unknown>;
  fetch: Fetch;
  /** Where web servers may be found, the page's own origin first. */
  origins(): readonly string[];
  random(): number;
  nowMs(): number;
}

/** Of one request: grows while they are quick, so that progress is shown and little is lost. */
const CHUNK_BYTES = { first: 256 * 1024, max: 8 << 20 };
const CHUNK_QUICK_MS = 700;
const REQUEST_TIMEOUT_MS = 60_000;
const OUTCOME_WAIT_S = 10;
/** So long an upload may get nowhere before it is given up. */
const PATIENCE_MS = 120_000;
/**
 * So long a file that has come whole may be examined: others may be before it, and the store may be
 * without a leader.
 */
const EXAMINED_WITHIN_MS = 600_000;
const AGAIN_MS = { first: 150, max: 4_000 };
const OFFSET_TYPE = "application/offset+octet-stream";
/** What may be otherwise in a moment. */
const AGAIN = new Set([408, 409, 425, 429, 500, 502, 503, 504]);

/** A failure after which the same may be tried again. */
class TryAgain extends Error {
  override readonly name = "TryAgain";
}

/** Waits longer and longer, until nothing has got on for too long. */
export class Patience {
  private sinceMs: number;
  private waitMs = AGAIN_MS.first;

  constructor(
    private readonly host: Pick<UploadHost, "random" | "nowMs">,
    private readonly signal?: AbortSignal,
  ) {
    this.sinceMs = host.nowMs();
  }

  getsOn(): void {
    this.sinceMs = this.host.nowMs();
    this.waitMs = AGAIN_MS.first;
  }

  async after(failure: unknown): Promise<void> {
    const temporary =
      failure instanceof TryAgain || (failure instanceof ApiError && failure.temporary);
    const enough = this.host.nowMs() - this.sinceMs > PATIENCE_MS;
    if (!temporary || this.signal?.aborted === true) throw failure;
    if (enough) throw new ApiError("unreachable", "No server goes on with the file.");
    await pause(this.waitMs * (0.5 + this.host.random() / 2), this.signal);
    this.waitMs = Math.min(this.waitMs * 2, AGAIN_MS.max);
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", stop, { once: true });
    function done(): void {
      signal?.removeEventListener("abort", stop);
      resolve();
    }
    function stop(): void {
      clearTimeout(timer);
      reject(aborted());
    }
  });
}

export function aborted(): ApiError {
  return new ApiError("aborted", "The upload was cancelled.");
}

export class Upload {
  private readonly patience: Patience;
  private readonly purpose: Purpose;
  private ticket = "";
  private room = "";
  private location = "";
  private server = 0;
  private chunkBytes = CHUNK_BYTES.first;

  constructor(
    private readonly host: UploadHost,
    private readonly data: Blob,
    private readonly options: UploadOptions,
  ) {
    this.patience = new Patience(host, options.signal);
    this.purpose = options.purpose ?? "file";
  }

  /** The file's id. Throws `ApiError`: refused, cancelled (`aborted`), or no server goes on. */
  async run(): Promise<string> {
    try {
      await this.persist(() => this.begin());
      let offset = 0;
      while (offset < this.data.size) {
        offset = await this.send(offset);
        this.options.onProgress?.(offset, this.data.size);
      }
      return await this.outcome();
    } catch (failure) {
      if (this.options.signal?.aborted !== true) throw failure;
      this.cancel();
      throw aborted();
    }
  }

  private async begin(): Promise<void> {
    await this.needTicket();
    const told = `name ${base64(this.options.name)},purpose ${base64(this.purpose)}`;
    const headers = { "upload-length": String(this.data.size), "upload-metadata": told };
    const answer = await this.ask("POST", `/api/v1/rooms/${this.room}/uploads`, headers);
    this.location = answer.headers.get("location") ?? "";
  }

  /** Sends the next part and returns where it stands; asks for that after a failure. */
  private async send(offset: number): Promise<number> {
    const part = this.data.slice(offset, offset + this.chunkBytes);
    const headers = { "upload-offset": String(offset), "content-type": OFFSET_TYPE };
    const beganMs = this.host.nowMs();
    let answer: Response;
    try {
      answer = await this.ask("PATCH", this.location, headers, part);
      const quick = this.host.nowMs() - beganMs < CHUNK_QUICK_MS;
      if (quick) this.chunkBytes = Math.min(this.chunkBytes * 2, CHUNK_BYTES.max);
    } catch (failure) {
      await this.patience.after(failure);
      this.chunkBytes = CHUNK_BYTES.first;
      answer = await this.persist(() => this.ask("HEAD", this.location));
    }
    const stands = Number(answer.headers.get("upload-offset"));
    if (!Number.isSafeInteger(stands) || stands < 0 || stands > this.data.size) {
      throw new ApiError("unexpected_answer", "The server answered something else than expected.");
    }
    if (stands > offset) this.patience.getsOn();
    return stands;
  }

  private async outcome(): Promise<string> {
    const untilMs = this.host.nowMs() + EXAMINED_WITHIN_MS;
    for (;;) {
      const path = `${this.location}?wait=${OUTCOME_WAIT_S}`;
      const told = await this.persist(async () => bodyOf(await this.ask("GET", path)));
      if (told["phase"] === "stored") return textOf(told["file"]);
      if (told["phase"] === "refused") {
        throw new ApiError(textOf(told["code"]), textOf(told["message"]), 422);
      }
      // A server that says so is there: only the whole of it is bounded.
      if (this.host.nowMs() >= untilMs) {
        const text = "All of the file has come, but no server got it examined yet.";
        throw new ApiError("unreachable", text);
      }
      this.patience.getsOn();
      await pause(AGAIN_MS.first * (0.5 + this.host.random() / 2), this.options.signal);
    }
  }

  /** As well as it can be done at once; what stays is swept. */
  private cancel(): void {
    if (this.location === "") return;
    const headers = { authorization: `Bearer ${this.ticket}` };
    this.host
      .fetch(this.base() + this.location, { method: "DELETE", headers, keepalive: true })
      .catch(() => undefined);
  }

  private async persist<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (failure) {
        await this.patience.after(failure);
      }
    }
  }

  private async needTicket(): Promise<void> {
    if (this.ticket !== "") return;
    const told = await this.host.get("upload", { purpose: this.purpose });
    if (!isMap(told)) throw new TryAgain("no ticket came");
    this.ticket = textOf(told["ticket"]);
    this.room = textOf(told["room"]);
  }

  private base(): string {
    const origins = this.host.origins();
    return origins[this.server % origins.length] ?? "";
  }

  private async ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body: Blob | null = null,
  ): Promise<Response> {
    if (this.options.signal?.aborted === true) throw aborted();
    await this.needTicket();
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const { signal } = this.options;
    let answer: Response;
    try {
      answer = await this.host.fetch(this.base() + path, {
        method,
        headers: {
          ...headers,
          "tus-resumable": "1.0.0",
          authorization: `Bearer ${this.ticket}`,
        },
        body,
        cache: "no-store",
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
    } catch {
      this.server += 1;
      throw signal?.aborted === true ? aborted() : new TryAgain("no server answered");
    }
    if (answer.ok) return answer;
    throw await this.refusal(answer);
  }

  private async refusal(answer: Response): Promise<Error> {
    const told = await bodyOf(answer).catch(() => ({}) as Record<string, unknown>);
    const code = textOf(told["code"]);
    if (code === "token_expired") {
      // Long uploads outlive a ticket.
      this.ticket = "";
      return new TryAgain("the ticket had expired");
    }
    if (AGAIN.has(answer.status)) return new TryAgain(`the server answered ${answer.status}`);
    const message = textOf(told["message"]);
    return new ApiError(
      code === "" ? `http_${answer.status}` : code,
      message === "" ? `The server refused this (${answer.status}).` : message,
      answer.status,
    );
  }
}

async function bodyOf(answer: Response): Promise<Record<string, unknown>> {
  const told: unknown = await answer.json();
  return isMap(told) ? told : {};
}

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
