/** Finds web addresses in plain text, so that they can be shown as links. */

export type Piece = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

const CANDIDATE = /\bhttps?:\/\/[^\s<>"'`{}|\\^]+/giu;
const CLOSERS: Record<string, string> = { ")": "(", "]": "[" };

/** Cuts punctuation that belongs to the sentence and not to the address. */
function trimmed(candidate: string): string {
  let text = candidate;
  for (;;) {
    const last = text.at(-1);
    if (last === undefined) return text;
    const opener = CLOSERS[last];
    const unbalanced = opener !== undefined && text.split(last).length > text.split(opener).length;
    if (!unbalanced && !/[.,;:!?…»“”’*_]/u.test(last)) return text;
    text = text.slice(0, -1);
  }
}

function addressOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const web = url.protocol === "http:" || url.protocol === "https:";
  return web && url.hostname !== "" ? url.href : undefined;
}

export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const shown = trimmed(match[0]);
    const href = addressOf(shown);
    if (href === undefined) continue;
    if (match.index > done) pieces.push({ kind: "text", text: text.slice(done, match.index) });
    pieces.push({ kind: "link", text: shown, href });
    done = match.index + shown.length;
  }
  if (done < text.length) pieces.push({ kind: "text", text: text.slice(done) });
  return pieces;
}
