/**
 * Addresses of the page: `/`, `/zone` and `/r/<slug>`, there with a key in the fragment: `k` is the
 * host's, `v` the viewers', `p` a person's; `n` proposes a name.
 */

export type Route =
  | { page: "home" }
  | { page: "zone" }
  | { page: "room"; slug: string; key?: string; viewer?: string; person?: string; name?: string };

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
  const told = new URLSearchParams(address.hash.replace(/^#/u, ""));
  const key = told.get("k");
  const viewer = told.get("v");
  const person = told.get("p");
  const name = told.get("n");
  const kept = { ...(key && { key }), ...(viewer && { viewer }), ...(person && { person }) };
  if (name) return { page: "room", slug, ...kept, name };
  return { page: "room", slug, ...kept };
}

export function roomPath(slug: string, key?: string): string {
  const fragment = key === undefined ? "" : `#k=${encodeURIComponent(key)}`;
  return `/r/${encodeURIComponent(slug)}${fragment}`;
}

/** What one gives to others: never with the host's key. */
export function participantLink(slug: string): string {
  return new URL(roomPath(slug), location.origin).href;
}
