/**
 * The address of a server: a path such as `/s/collaboration-1` on the page's own origin, or a whole
 * `http(s)` address on another machine. Pure.
 */

/**
 * What a server's list means. Shape: `from` is the address of whoever told it, which is what its
 * paths are relative to; `origin` is the page's own. Null for what a browser cannot use.
 */
export function addressOf(told: string, from: string, origin: string): string | null {
  try {
    const url = new URL(told, new URL(from, origin));
    const own = new URL(origin);
    if (url.protocol !== "http:" && url.protocol !== "https:") return null;
    // A page that came by TLS may open no connection without.
    if (own.protocol === "https:" && url.protocol === "http:") return null;
    return url.origin === own.origin ? url.pathname : url.origin + url.pathname;
  } catch {
    return null;
  }
}

export function addressesOf(told: readonly string[], from: string, origin: string): string[] {
  const found = told.map((path) => addressOf(path, from, origin));
  return [...new Set(found.filter((address) => address !== null))];
}

export function webSocketUrl(address: string, origin: string): string {
  return new URL(address, origin).href.replace(/^http/, "ws");
}

/** The machine, as far as an address tells; empty for the page's own. */
export function machineOf(address: string): string {
  return address.startsWith("/") ? "" : new URL(address).host;
}

/** What people are shown: `collaboration-1`, on another machine `collaboration-1@10.0.0.2:8080`. */
export function serverName(address: string): string {
  const id = address.split("/").pop() ?? address;
  const machine = machineOf(address);
  return machine === "" ? id : `${id}@${machine}`;
}

/** Where to wait: on another machine than the current server's if there is one, best first. */
export function standbyAddress(
  addresses: readonly string[],
  current: string,
  failedLately: (address: string) => boolean,
): string | null {
  const rank = (address: string): number =>
    (failedLately(address) ? 2 : 0) + (machineOf(address) === machineOf(current) ? 1 : 0);
  const others = addresses.filter((address) => address !== current);
  return others.toSorted((one, other) => rank(one) - rank(other))[0] ?? null;
}
