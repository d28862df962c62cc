/** What another form of the document would cost, for the decision in ADR 0019. */
import { expect, test } from "vitest";
import * as Y from "yjs";

const ELEMENTS = 1_000;
const AT_ONCE = 100;
const DRAGGED = 20;
const STEPS = 100;
/** Times, of which the quickest is told: the first compiles. */
const OPENED = 5;

function element(n: number) {
  return {
    id: `element-${n}`, type: "rectangle", x: n, y: n, width: 7, height: 6, index: `d0${n}`,
    seed: n * 77_777, version: 3, versionNonce: n * 3_331, strokeColor: "#e03131",
    strokeWidth: 1, angle: 0.5, backgroundColor: "#ffec99",
  };
}

const moved = (step: number) => ({ x: step, y: step, version: step, versionNonce: step * 7_919 });

interface Form {
  add(from: number): void;
  drag(step: number): void;
  read(ydoc: Y.Doc): unknown;
  empty(): void;
}

/** Each element a value of an array, as it is. */
function values(ydoc: Y.Doc): Form {
  const list = ydoc.getArray<{ id: string }>("page");
  return {
    add: (from) => list.push(Array.from({ length: AT_ONCE }, (_, n) => element(from + n))),
    drag(step) {
      for (let n = 0; n < DRAGGED; n += 1) {
        list.delete(list.toArray().findIndex(({ id }) => id === `element-${n}`), 1);
        list.push([{ ...element(n), ...moved(step) }]);
      }
    },
    read: (other) => other.getArray("page").toArray(),
    empty: () => list.delete(0, list.length),
  };
}

/** Each element a map with a key for each property. */
function maps(ydoc: Y.Doc): Form {
  const map = ydoc.getMap<Y.Map<unknown>>("page");
  return {
    add(from) {
      for (let n = from; n < from + AT_ONCE; n += 1) {
        map.set(`element-${n}`, new Y.Map(Object.entries(element(n))));
      }
    },
    drag(step) {
      for (let n = 0; n < DRAGGED; n += 1) {
        const one = map.get(`element-${n}`);
        for (const [key, value] of Object.entries(moved(step))) one?.set(key, value);
      }
    },
    read: (other) => [...other.getMap<Y.Map<unknown>>("page").values()].map((one) => one.toJSON()),
    empty: () => [...map.keys()].forEach((key) => map.delete(key)),
  };
}

function costs(form: (ydoc: Y.Doc) => Form) {
  const ydoc = new Y.Doc();
  const made = form(ydoc);
  const bytes = () => Y.encodeStateAsUpdate(ydoc).length;
  for (let from = 0; from < ELEMENTS; from += AT_ONCE) ydoc.transact(() => made.add(from));
  const fresh = bytes();
  const update = Y.encodeStateAsUpdate(ydoc);
  const openedMs = Math.min(
    ...Array.from({ length: OPENED }, () => {
      const beganMs = performance.now();
      const opened = new Y.Doc();
      Y.applyUpdate(opened, update);
      made.read(opened);
      return Math.round(performance.now() - beganMs);
    }),
  );
  for (let step = 1; step <= STEPS; step += 1) ydoc.transact(() => made.drag(step));
  const dragged = bytes() - fresh;
  ydoc.transact(() => made.empty());
  return { fresh, openedMs, dragged, emptied: bytes() };
}

test("a map for each element would be twice as large, and would keep all that was ever in it", () => {
  const [array, map] = [costs(values), costs(maps)];
  console.log(`${ELEMENTS} elements, bytes and milliseconds:`, { array, map });
  expect(map.fresh).toBeGreaterThan(1.5 * array.fresh);
  expect(map.dragged).toBeGreaterThan(100 * Math.max(1, array.dragged));
  expect(map.emptied).toBeGreaterThan(100 * array.emptied);
});
