/** The zone's HTTP API, as far as people joining a room need it. */
import { isMap } from "./wire";

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

export interface ApiOptions {
  /** Origin of the zone; the page's own when missing. */
  readonly baseUrl?: string;
  readonly fetch?: Fetch;
  readonly timeoutMs?: number;
}

export interface Room {
  readonly id: string;
  readonly slug: string;
  readonly links: { readonly host: string; readonly participant: string };
}

export interface RoomInfo {
  readonly slug: string;
  readonly title: string;
}

export interface Admission {
  readonly ticket: string;
  readonly servers: readonly string[];
  /** Makes the next join the same person. */
  readonly personToken?: string;
}

/** How the doors of a new room begin. */
export interface RoomPlan {
  readonly lobby?: boolean;
  readonly passcode?: string;
}

/** Who joins, besides the name. */
export interface JoinWith {
  readonly key?: string;
  readonly person?: string;
  readonly device?: string;
  readonly passcode?: string;
}

const TIMEOUT_MS = 5_000;

/** A request that was refused or failed. Shape: `status` is 0 when no server answered. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly code: string,
    message: string,
    readonly status = 0,
  ) {
    super(message);
  }

  /** Whether the same request may succeed later. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export function pageOrigin(): string {
  return typeof location === "undefined" ? "" : location.origin;
}

async function request(path: string, options: ApiOptions, body?: unknown): Promise<unknown> {
  const send: Fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const url = (options.baseUrl ?? pageOrigin()).replace(/\/$/, "") + path;
  let response: Response;
  let parsed: unknown = null;
  try {
    response = await send(url, {
      method: body === undefined ? "GET" : "POST",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
    });
    const text = await response.text();
    parsed = text === "" ? null : (JSON.parse(text) as unknown);
  } catch {
    throw new ApiError("unreachable", "The server could not be reached.");
  }
  if (!response.ok) throw refusal(response.status, parsed);
  return parsed;
}

function refusal(status: number, body: unknown): ApiError {
  const fields = isMap(body) ? body : {};
  const { code, message, detail } = fields;
  return new ApiError(
    typeof code === "string" ? code : `http_${status}`,
    text(message) ?? text(detail) ?? `The server refused this (${status}).`,
    status,
  );
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  if (isMap(value)) return value;
  throw new ApiError("unexpected_answer", "The server answered something else than expected.");
}

function required(value: unknown): string {
  const found = text(value);
  if (found !== null) return found;
  throw new ApiError("unexpected_answer", "The server answered something else than expected.");
}

function paths(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const found = value.map((server: unknown) => (isMap(server) ? server["path"] : server));
  return found.filter((path): path is string => typeof path === "string");
}

export async function createRoom(
  title: string,
  options: ApiOptions = {},
  plan: RoomPlan = {},
): Promise<Room> {
  const room = fields(await request("/api/v1/rooms", options, { title, ...plan }));
  const links = fields(room["links"]);
  return {
    id: required(room["id"]),
    slug: required(room["slug"]),
    links: { host: required(links["host"]), participant: required(links["participant"]) },
  };
}

export async function getRoom(slug: string, options: ApiOptions = {}): Promise<RoomInfo> {
  const room = fields(await request(`/api/v1/rooms/${encodeURIComponent(slug)}`, options));
  return { slug: text(room["slug"]) ?? slug, title: required(room["title"]) };
}

export async function joinRoom(
  slug: string,
  name: string,
  who: JoinWith,
  options: ApiOptions = {},
): Promise<Admission> {
  const body = { name, ...who };
  const answer = fields(
    await request(`/api/v1/rooms/${encodeURIComponent(slug)}/join`, options, body),
  );
  const { person_token: token } = answer;
  return {
    ticket: required(answer["ticket"]),
    servers: paths(answer["servers"]),
    ...(typeof token === "string" && { personToken: token }),
  };
}

/** Paths of the collaboration servers, best first. */
export async function listServers(options: ApiOptions = {}): Promise<readonly string[]> {
  const answer = await request("/api/v1/servers", options);
  return paths(isMap(answer) ? answer["servers"] : answer);
}
