/**
 * What a person can undo and redo on a page, kept while another page is open.
 *
 * Excalidraw's canvas of a page ends with the page, and its history with the canvas. The build
 * opens a door to it (`build/excalidraw.ts`), for its interface can only clear it.
 */
import type {
  ExcalidrawElement,
  OrderedExcalidrawElement,
} from "@excalidraw/excalidraw/element/types";
import type { ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";

/** Steps that are kept of a page, either way. */
const STEPS_MAX = 100;

/** A step of Excalidraw's, as far as it is looked into: which elements it changes. */
interface Step {
  readonly elementsChange?: Partial<
    Record<"added" | "removed" | "updated", ReadonlyMap<string, unknown>>
  >;
}

/** Excalidraw's `History`. */
interface Stacks {
  readonly undoStack: Step[];
  readonly redoStack: Step[];
  readonly onHistoryChangedEmitter: {
    trigger(state: { isUndoStackEmpty: boolean; isRedoStackEmpty: boolean }): void;
  };
}

export type HistoryApi = Pick<
  ExcalidrawImperativeAPI,
  "getSceneElementsIncludingDeleted" | "updateScene" | "history"
>;

export interface Past {
  readonly undo: readonly Step[];
  readonly redo: readonly Step[];
  /** Elements that are gone, and come back when a step of these is undone or done again. */
  readonly gone: readonly OrderedExcalidrawElement[];
}

function stacksOf(api: HistoryApi): Stacks | undefined {
  return (api.history as { stacks?: () => Stacks }).stacks?.();
}

function idsOf(steps: readonly Step[]): Set<string> {
  const ids = new Set<string>();
  for (const { elementsChange = {} } of steps) {
    const { added, removed, updated } = elementsChange;
    for (const some of [added, removed, updated]) for (const id of some?.keys() ?? []) ids.add(id);
  }
  return ids;
}

/** What can be undone and redone now. Caller: before the canvas goes. */
export function pastOf(api: HistoryApi): Past | undefined {
  const stacks = stacksOf(api);
  if (stacks === undefined) return undefined;
  const undo = stacks.undoStack.slice(-STEPS_MAX);
  const redo = stacks.redoStack.slice(-STEPS_MAX);
  if (undo.length + redo.length === 0) return undefined;
  const wanted = idsOf([...undo, ...redo]);
  const gone = api
    .getSceneElementsIncludingDeleted()
    .filter(({ id, isDeleted }) => isDeleted && wanted.has(id));
  return { undo, redo, gone };
}

/**
 * Gives a new canvas of the page what could be undone on the last one.
 *
 * Caller: before anything of the page is shown; `has` says whether the page has an element now,
 * for somebody may have brought one back meanwhile, and then theirs is the one that counts.
 */
export function giveBack(api: HistoryApi, past: Past, has: (id: string) => boolean): void {
  const stacks = stacksOf(api);
  if (stacks === undefined) return;
  const present = api.getSceneElementsIncludingDeleted();
  const known = new Set(present.map(({ id }) => id));
  const gone = past.gone.filter(({ id }) => !has(id) && !known.has(id));
  if (gone.length > 0) {
    const elements: ExcalidrawElement[] = [...present, ...gone];
    api.updateScene({ elements, captureUpdate: "NEVER" });
  }
  stacks.undoStack.push(...past.undo);
  stacks.redoStack.push(...past.redo);
  stacks.onHistoryChangedEmitter.trigger({
    isUndoStackEmpty: stacks.undoStack.length === 0,
    isRedoStackEmpty: stacks.redoStack.length === 0,
  });
}
