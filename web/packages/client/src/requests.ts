/** Queries under way: each is asked again after a reconnect, until it is answered or too old. */
import { ApiError } from "./api";
import type { ClientFrame } from "./generated/frames.gen";
import { messageOf } from "./session";

export const REQUESTS_MAX = 64;
export const REQUEST_TIMEOUT_MS = 15_000;

type GetFrame = Extract<ClientFrame, { frame: "get" }>;

interface Waiting {
  readonly frame: GetFrame;
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: ApiError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class Requests {
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;

  constructor(private readonly send: (frame: GetFrame) => boolean) {}

  get(query: string, args: unknown): Promise<unknown> {
    if (this.waiting.size >= REQUESTS_MAX) {
      return Promise.reject(new ApiError("request_failed", "Too many questions at once."));
    }
    this.last += 1;
    const request = this.last;
    const frame: GetFrame = { frame: "get", request, query, arguments: args };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.fail(request, "request_failed", ""),
        REQUEST_TIMEOUT_MS,
      );
      this.waiting.set(request, { frame, resolve, reject, timer });
      this.send(frame);
    });
  }

  /** A welcome: nobody will answer what was asked before. */
  again(): void {
    for (const { frame } of this.waiting.values()) this.send(frame);
  }

  answer(request: number, body: unknown): void {
    this.take(request)?.resolve(body);
  }

  fail(request: number, code: string, message: string): void {
    this.take(request)?.reject(new ApiError(code, message === "" ? messageOf(code) : message));
  }

  failAll(code: string, message: string): void {
    for (const request of [...this.waiting.keys()]) this.fail(request, code, message);
  }

  private take(request: number): Waiting | undefined {
    const waiting = this.waiting.get(request);
    if (waiting !== undefined) clearTimeout(waiting.timer);
    this.waiting.delete(request);
    return waiting;
  }
}
