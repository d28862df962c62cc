/** Puts a conference together from the browser's parts. The only file that knows them all. */
import {
  type Admission,
  ApiError,
  type ApiOptions,
  type Fetch,
  joinRoom,
  listServers,
  pageOrigin,
} from "./api";
import { Conference } from "./conference";
import { SESSION_LIFETIME_MS } from "./generated/limits.gen";
import { keepPerson, keptDevice, keptPerson } from "./identity";
import type { OpenSocket } from "./serverLink";
import { browserLocks, type Locks } from "./slots";
import {
  keptSlots,
  type KeyValues,
  openSlot,
  peekSlot,
  type Slot,
  type StoreOptions,
  takeSlot,
} from "./store";

export interface ConnectOptions {
  readonly slug: string;
  readonly name: string;
  /** Secret of the host or viewer link. */
  readonly key?: string;
  /** Of a personal link: who joins. */
  readonly person?: string;
  readonly passcode?: string;
  /** Origin of the zone; the page's own when missing. */
  readonly baseUrl?: string;
  readonly storage?: { readonly local: KeyValues | null; readonly tab: KeyValues | null };
  readonly locks?: Locks | null;
  readonly webSocket?: OpenSocket;
  readonly fetch?: Fetch;
  readonly random?: () => number;
}

function hex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A storage of the browser, or null where it is switched off. */
function storageOf(kind: "localStorage" | "sessionStorage"): KeyValues | null {
  try {
    return globalThis[kind] ?? null;
  } catch {
    return null;
  }
}

function storeOptions(options: Pick<ConnectOptions, "storage" | "locks">): StoreOptions {
  return {
    local: options.storage === undefined ? storageOf("localStorage") : options.storage.local,
    tab: options.storage === undefined ? storageOf("sessionStorage") : options.storage.tab,
    locks: options.locks === undefined ? browserLocks() : options.locks,
    random: () => hex(8),
    nowMs: () => Date.now(),
  };
}

/** The session of this room that this tab would take up; null when it would be a new one. */
export function resumable(
  slug: string,
  key?: string,
  options: Pick<ConnectOptions, "storage" | "locks"> = {},
): Promise<{ name: string; unsent: number } | null> {
  return peekSlot(storeOptions(options), slug, key);
}

/** Takes part in a conference. Resolves before any server was asked: follow `status`. */
export async function connect(options: ConnectOptions): Promise<Conference> {
  const store = storeOptions(options);
  const slot = await openSlot(store, options.slug, options.key);
  const before = slot.meta?.name ?? null;
  const name = options.name === "" && before !== null ? before : options.name;
  const known = slot.meta?.credentials ?? null;
  slot.keepMeta({
    name,
    key: options.key ?? null,
    credentials: known,
    usedMs: Date.now(),
  });
  const conference = start(options, slot, name);
  if (known !== null && before !== name) conference.rename(name);
  sendLeftBehind(options, store, conference);
  return conference;
}

/**
 * Takes part in the breakout that this person has entered (`main.breakouts.enter`). The main room
 * stays open: what is said to everybody, and the call back, come from it. Throws `ApiError`.
 */
export async function enterBreakout(
  main: Conference,
  options: Omit<ConnectOptions, "slug" | "key">,
): Promise<Conference> {
  const { conference: id } = await main.breakouts.way();
  const slot = await openSlot(storeOptions(options), `breakout.${id}`, undefined);
  const known = slot.meta?.credentials ?? null;
  slot.keepMeta({ name: options.name, key: null, credentials: known, usedMs: Date.now() });
  const api: ApiOptions = { baseUrl: options.baseUrl, fetch: options.fetch };
  return start({ ...options, slug: "" }, slot, options.name, async () => {
    const [{ ticket }, servers] = await Promise.all([main.breakouts.way(), listServers(api)]);
    return { ticket, servers };
  });
}

function start(
  options: ConnectOptions,
  slot: Slot,
  name: string,
  admit?: () => Promise<Admission>,
): Conference {
  const api: ApiOptions = { baseUrl: options.baseUrl, fetch: options.fetch };
  const origin = options.baseUrl ?? pageOrigin();
  const conference = new Conference(
    slot,
    {
      admit: admit ?? (() => joinAs(options, conferenceName(), api)),
      servers: () => listServers(api),
      origin,
      random: options.random ?? Math.random,
      nonce: () => hex(16),
      openSocket: options.webSocket ?? ((url) => new WebSocket(url)),
      nowMs: () => performance.now(),
      wallMs: () => Date.now(),
      fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    },
    name,
  );
  function conferenceName(): string {
    return slot.meta?.name ?? name;
  }
  wakeUps(conference);
  return conference;
}

/** Joins as whom this browser was before in this room, or as whom a personal link says. */
async function joinAs(
  options: ConnectOptions,
  name: string,
  api: ApiOptions,
): Promise<Admission> {
  const { slug, key, passcode } = options;
  const local = options.storage === undefined ? storageOf("localStorage") : options.storage.local;
  const person = options.person ?? keptPerson(local, slug) ?? undefined;
  const who = {
    ...(key !== undefined && { key }),
    ...(person !== undefined && { person }),
    ...(passcode !== undefined && passcode !== "" && { passcode }),
    device: keptDevice(local, () => hex(16)),
  };
  let admission: Admission;
  try {
    admission = await joinRoom(slug, name, who, api);
  } catch (failure) {
    // What was kept of a person may be from another zone, or from before a backup.
    const useless = failure instanceof ApiError && failure.code === "token_invalid";
    if (!useless || person === undefined || options.person !== undefined) throw failure;
    admission = await joinRoom(slug, name, { ...who, person: undefined }, api);
  }
  if (admission.personToken !== undefined) keepPerson(local, slug, admission.personToken);
  return admission;
}

/** The network is back, or somebody looks at the page again: try at once. */
function wakeUps(conference: Conference): void {
  if (typeof window === "undefined") return;
  const wake = (): void => {
    if (document.visibilityState === "visible") conference.wake();
  };
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  const stop = conference.status.subscribe(() => {
    if (!conference.over) return;
    stop();
    window.removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", wake);
  });
}

/**
 * Sends what other closed tabs of this room left behind, each under its own session, once this one
 * is connected; then those sessions leave.
 */
function sendLeftBehind(options: ConnectOptions, store: StoreOptions, main: Conference): void {
  let begun = false;
  const stop = main.status.subscribe(() => {
    if (begun || main.status.getSnapshot().phase !== "connected") return;
    begun = true;
    queueMicrotask(stop);
    void (async () => {
      for (const { id, meta, unsent } of keptSlots(store, options.slug)) {
        if (unsent === 0 || (meta?.key ?? null) !== (options.key ?? null)) continue;
        const slot = await takeSlot(store, options.slug, id, 0);
        if (slot !== null) await drain(start(options, slot, meta?.name ?? options.name), main);
      }
    })();
  });
}

/** Bound on sending what one session left behind; it is tried again by the next tab. */
const DRAIN_MS = Math.min(60_000, SESSION_LIFETIME_MS);

async function drain(conference: Conference, main: Conference): Promise<void> {
  const done = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), DRAIN_MS);
    const stop = conference.status.subscribe(() => {
      const { phase, unsaved } = conference.status.getSnapshot();
      if (phase !== "closed" && (phase !== "connected" || unsaved > 0)) return;
      clearTimeout(timer);
      queueMicrotask(stop);
      resolve(phase === "connected");
    });
  });
  for (const notice of conference.notices.getSnapshot()) main.tell(notice);
  for (const { code, message, body } of conference.operations.getSnapshot()) {
    if (code === null) continue;
    const text = typeof body === "object" && body !== null && "text" in body ? body.text : null;
    main.tell({
      code,
      message: message ?? code,
      document: null,
      text: text === null ? null : String(text),
    });
  }
  if (done) await conference.leave();
  else conference.close();
}
