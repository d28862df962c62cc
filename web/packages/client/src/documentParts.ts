/** Reads documents and versions that come in parts, a few at a time. */
import { isMap } from "./wire";

type Get = (query: string, args: unknown) => Promise<unknown>;

/** Asked for at a time; a server's send queue for one client holds many more. */
const PARTS_AT_ONCE = 4;

interface Part {
  readonly bytes: Uint8Array;
  readonly total: number;
}

function partOf(answer: unknown): Part {
  const { bytes, total } = isMap(answer) ? answer : { bytes: null, total: null };
  if (!(bytes instanceof Uint8Array) || typeof total !== "number") {
    throw new TypeError("a part of a document could not be read");
  }
  return { bytes, total };
}

/** All bytes of what is wanted: a document's compaction, or a version. */
export async function readParts(
  get: Get,
  wanted: Readonly<Record<string, unknown>>,
): Promise<Uint8Array> {
  const ask = async (from: number) => partOf(await get("document_part", { ...wanted, from }));
  const first = await ask(0);
  const whole = new Uint8Array(first.total);
  whole.set(first.bytes, 0);
  const size = first.bytes.length;
  const count = size === 0 ? 1 : Math.ceil(first.total / size);
  let next = 1;
  const work = async () => {
    for (let part = next; part < count; part = next) {
      next += 1;
      const { bytes } = await ask(part * size);
      whole.set(bytes, part * size);
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, work));
  return whole;
}

/** The answer to `document`, with its base whole; its parts may be gone when it was compacted. */
export async function readDocument(get: Get, document: string): Promise<unknown> {
  const answer = await get("document", { document, parts: true });
  if (!isMap(answer) || !isMap(answer["parted"])) return answer;
  const { sha256 } = answer["parted"];
  return { ...answer, base: await readParts(get, { document, sha256 }) };
}
