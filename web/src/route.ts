/** Addresses of the page: `/`, `/zone` and `/r/<slug>`, with the host's key in the fragment. */

export type Route =
  | { page: "home" }
  | { page: "zone" }
  | { page: "room"; slug: string; key?: string };

export function routeOf(address: { pathname: string; hash: string }): Route {
  if (/^\/zone\/?$/u.test(address.pathname)) return { page: "zone" };
  const match = /^\/r\/([^/]+)\/?$/u.exec(address.pathname);
  const encoded = match?.[1];
  if (encoded === undefined) return { page: "home" };
  let slug = encoded;
  try {
    slug = decodeURIComponent(encoded);
  } catch {
    // A cut-off escape: the server will say that there is no such room.
  }
  const key = new URLSearchParams(address.hash.replace(/^#/u, "")).get("k");
  return key ? { page: "room", slug, key } : { page: "room", slug };
}

export function roomPath(slug: string, key?: string): string {
  const fragment = key === undefined ? "" : `#k=${encodeURIComponent(key)}`;
  return `/r/${encodeURIComponent(slug)}${fragment}`;
}

/** What one gives to others: never with the host's key. */
export function participantLink(slug: string): string {
  return new URL(roomPath(slug), location.origin).href;
}
