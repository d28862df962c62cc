/**
 * Yjs updates taken apart and put together again, without a document. Pure.
 *
 * A session may only write structs of its own number, the first clock following its last. When an
 * unsaved edit must move (another number after a new session, other clocks after a refusal), its
 * structs get new ids here, and everything in it that refers to moved structs follows.
 */
import * as encoding from "lib0/encoding";
import * as Y from "yjs";

export interface Id {
  readonly client: number;
  readonly clock: number;
}

/** Clocks [from, to) of `client`, now starting at `newFrom` of `newClient`. */
export interface Move {
  readonly client: number;
  readonly from: number;
  readonly to: number;
  readonly newClient: number;
  readonly newFrom: number;
}

/** Where structs went: `null` for one that is gone. */
export type Mapping = (id: Id) => Id | null;

/** The update refers to something that was not taken. */
export class Unplaceable extends Error {
  override readonly name = "Unplaceable";
}

/**
 * Shape: ids below `confirmed(client)` stay, moved ones follow their move, and those of a client in
 * `moving` that are neither are gone.
 */
export function mappingOf(
  moves: readonly Move[],
  moving: ReadonlySet<number>,
  confirmed: (client: number) => number,
): Mapping {
  return (id) => {
    if (!moving.has(id.client) || id.clock < confirmed(id.client)) return id;
    for (const move of moves) {
      if (id.client === move.client && id.clock >= move.from && id.clock < move.to) {
        return { client: move.newClient, clock: move.newFrom + id.clock - move.from };
      }
    }
    return null;
  };
}

interface Range {
  readonly client: number;
  readonly clock: number;
  readonly len: number;
}

type Struct = Y.Item | Y.GC;

interface Parts {
  readonly structs: Struct[];
  readonly deletes: Range[];
}

function partsOf(update: Uint8Array): Parts {
  const { structs, ds } = Y.decodeUpdate(update);
  const deletes: Range[] = [];
  for (const [client, ranges] of ds.clients) {
    for (const { clock, len } of ranges) deletes.push({ client, clock, len });
  }
  return {
    structs: structs.filter((s): s is Struct => s instanceof Y.Item || s instanceof Y.GC),
    deletes,
  };
}

function placed(id: Id, mapping: Mapping): Y.ID {
  const to = mapping(id);
  if (to === null) throw new Unplaceable(`refers to ${id.client}:${id.clock}, which is gone`);
  return Y.createID(to.client, to.clock);
}

/** The update with all ids mapped. Throws `Unplaceable` when it needs something that is gone. */
export function moved(update: Uint8Array, mapping: Mapping): Uint8Array {
  const { structs, deletes } = partsOf(update);
  for (const struct of structs) {
    struct.id = placed(struct.id, mapping);
    if (!(struct instanceof Y.Item)) continue;
    if (struct.origin !== null) struct.origin = placed(struct.origin, mapping);
    if (struct.rightOrigin !== null) struct.rightOrigin = placed(struct.rightOrigin, mapping);
    if (struct.parent instanceof Y.ID) struct.parent = placed(struct.parent, mapping);
  }
  return assembled(structs, movedRanges(deletes, mapping));
}

/** Deletions clock by clock: what is gone needs none, and its clocks may be somebody else's now. */
function movedRanges(ranges: readonly Range[], mapping: Mapping): Range[] {
  const result: Range[] = [];
  for (const range of ranges) {
    for (let offset = 0; offset < range.len; offset += 1) {
      const to = mapping({ client: range.client, clock: range.clock + offset });
      if (to === null) continue;
      const last = result.at(-1);
      if (last !== undefined && last.client === to.client && last.clock + last.len === to.clock) {
        result[result.length - 1] = { ...last, len: last.len + 1 };
      } else result.push({ client: to.client, clock: to.clock, len: 1 });
    }
  }
  return result;
}

/** Bytes of version 1. Caller: `structs` are of one client, ascending without gaps. */
function assembled(structs: readonly Struct[], deletes: readonly Range[]): Uint8Array {
  const encoder = new Y.UpdateEncoderV1();
  const rest = encoder.restEncoder;
  const first = structs[0];
  encoding.writeVarUint(rest, first === undefined ? 0 : 1);
  if (first !== undefined) {
    encoding.writeVarUint(rest, structs.length);
    encoder.writeClient(first.id.client);
    encoding.writeVarUint(rest, first.id.clock);
    for (const struct of structs) struct.write(encoder, 0);
  }
  const byClient = new Map<number, Range[]>();
  for (const range of deletes) {
    byClient.set(range.client, [...(byClient.get(range.client) ?? []), range]);
  }
  encoding.writeVarUint(rest, byClient.size);
  for (const [client, ranges] of byClient) {
    encoding.writeVarUint(rest, client);
    encoding.writeVarUint(rest, ranges.length);
    for (const { clock, len } of ranges.toSorted((a, b) => a.clock - b.clock)) {
      encoding.writeVarUint(rest, clock);
      encoding.writeVarUint(rest, len);
    }
  }
  return encoder.toUint8Array();
}

/** Clocks that an update's structs of `client` take, or null when it has none. */
export function clocksOf(update: Uint8Array, client: number): { from: number; to: number } | null {
  const meta = Y.parseUpdateMeta(update);
  const from = meta.from.get(client);
  const to = meta.to.get(client);
  return from === undefined || to === undefined ? null : { from, to };
}

/** The text that an update brings, and does not itself delete again. */
export function textOf(update: Uint8Array): string {
  const { structs, deletes } = partsOf(update);
  const texts: string[] = [];
  for (const struct of structs) {
    if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) continue;
    const { id, content } = struct;
    let text = "";
    for (let at = 0; at < content.str.length; at += 1) {
      const clock = id.clock + at;
      const deleted = deletes.some(
        (r) => r.client === id.client && clock >= r.clock && clock < r.clock + r.len,
      );
      if (!deleted) text += content.str[at] ?? "";
    }
    texts.push(text);
  }
  return texts.join("");
}

function writtenBytes(struct: Struct): number {
  const encoder = new Y.UpdateEncoderV1();
  struct.write(encoder, 0);
  return encoding.length(encoder.restEncoder);
}

/** The head of a long string, and the rest that follows it; null when it cannot be cut. */
function cut(struct: Struct, bytesMax: number): [Y.Item, Y.Item] | null {
  if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) return null;
  const { id, content } = struct;
  // A UTF-16 unit takes at most 3 bytes in UTF-8.
  let at = Math.floor(bytesMax / 3);
  const code = content.str.charCodeAt(at - 1);
  if (code >= 0xd800 && code <= 0xdbff) at -= 1; // never between the halves of a pair
  if (at <= 0 || at >= content.str.length) return null;
  const tail = content.splice(at);
  const rest = new Y.Item(
    Y.createID(id.client, id.clock + at),
    null,
    Y.createID(id.client, id.clock + at - 1),
    null,
    struct.rightOrigin,
    struct.parent,
    struct.parentSub,
    tail,
  );
  struct.length = at;
  return [struct, rest];
}

/**
 * Updates that are together the same as `update`, each about `bytesMax` at most, to be applied in
 * order. One struct that cannot be cut (a picture in a text, say) may still be larger.
 */
export function split(update: Uint8Array, bytesMax: number): Uint8Array[] {
  if (update.length <= bytesMax) return [update];
  const { structs, deletes } = partsOf(update);
  const groups: Struct[][] = [[]];
  let bytes = 0;
  const rest = structs.toReversed();
  for (let struct = rest.pop(); struct !== undefined; struct = rest.pop()) {
    let size = writtenBytes(struct);
    if (size > bytesMax) {
      const halves = cut(struct, bytesMax);
      if (halves !== null) {
        rest.push(halves[1]);
        size = writtenBytes(struct);
      }
    }
    if (bytes > 0 && bytes + size > bytesMax) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(struct);
    bytes += size;
  }
  return groups.map((group, at) => assembled(group, at === groups.length - 1 ? deletes : []));
}
