/** Which addresses a link in the notes may have. Pure. */

const ALLOWED = /^(?:https?:\/\/[^\s/]|mailto:[^\s@]+@[^\s@])\S*$/iu;
const NAMED = /^[a-z][a-z0-9+.-]*:/iu;
const PORT = /^[^/?#]*:\d+(?:[/?#]|$)/u;

export function isAllowedAddress(address: string): boolean {
  // Browsers drop control characters from addresses before they read the scheme.
  // oxlint-disable-next-line no-control-regex
  return !/[\u0000-\u001f\u007f]/u.test(address) && ALLOWED.test(address);
}

/** What a person typed as an address, completed; null when no link can be made of it. */
export function addressOf(typed: string): string | null {
  const text = typed.trim();
  if (text === "") return null;
  if (NAMED.test(text) && !PORT.test(text)) return isAllowedAddress(text) ? text : null;
  const made = /^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/u.test(text)
    ? `mailto:${text}`
    : `https://${text.replace(/^\/+/u, "")}`;
  return isAllowedAddress(made) ? made : null;
}
