/** Finds code, addresses and mentions in a message's plain text. Pure, and without HTML. */
import { linkify } from "./linkify";

export type RichPiece =
  | { kind: "text"; text: string }
  | { kind: "link"; text: string; href: string }
  | { kind: "code"; text: string; block: boolean }
  | { kind: "mention"; text: string; person: string };

/** A fenced block, or a span on one line. The first line of a block may name a language. */
const CODE = /```(?:[\w+#.-]{0,40}\n)?([\s\S]+?)```|`([^`\n]+)`/gu;
const NAME_END = /^[^\p{L}\p{N}_]|^$/u;

function mentionsIn(text: string, names: readonly (readonly [string, string])[]): RichPiece[] {
  const pieces: RichPiece[] = [];
  let done = 0;
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    const rest = text.slice(at + 1);
    const found = names.find(
      ([, name]) => rest.startsWith(name) && NAME_END.test(rest.slice(name.length)),
    );
    if (found === undefined || at < done) continue;
    if (at > done) pieces.push({ kind: "text", text: text.slice(done, at) });
    done = at + 1 + found[1].length;
    pieces.push({ kind: "mention", text: text.slice(at, done), person: found[0] });
  }
  if (done < text.length) pieces.push({ kind: "text", text: text.slice(done) });
  return pieces;
}

/** Shape: `mentions` maps a person to the name by which the text calls them. */
export function richPieces(text: string, mentions: ReadonlyMap<string, string>): RichPiece[] {
  // "Ann Lee" before "Ann": the longer name is meant where both fit.
  const names = [...mentions].filter(([, name]) => name !== "");
  names.sort(([, one], [, other]) => other.length - one.length);
  const plain = (part: string): RichPiece[] =>
    linkify(part).flatMap((piece) =>
      piece.kind === "text" && names.length > 0 ? mentionsIn(piece.text, names) : [piece],
    );
  const pieces: RichPiece[] = [];
  let done = 0;
  for (const match of text.matchAll(CODE)) {
    if (match.index > done) pieces.push(...plain(text.slice(done, match.index)));
    const block = match[1] !== undefined;
    pieces.push({ kind: "code", text: (match[1] ?? match[2] ?? "").replace(/\n$/u, ""), block });
    done = match.index + match[0].length;
  }
  if (done < text.length) pieces.push(...plain(text.slice(done)));
  return pieces;
}

/** Persons whom a text calls by `@` and their name; all of one name when several have it. */
export function mentioned(
  text: string,
  people: readonly { readonly id: string; readonly name: string }[],
): string[] {
  if (!text.includes("@")) return [];
  const called = new Set<string>();
  const byName = new Map<string, string[]>();
  for (const { id, name } of people) byName.set(name, [...(byName.get(name) ?? []), id]);
  const names = new Map([...byName.keys()].map((name) => [name, name]));
  for (const piece of richPieces(text, names)) {
    if (piece.kind === "mention") called.add(piece.person);
  }
  return [...called].flatMap((name) => byName.get(name) ?? []);
}
