/**
 * Makes the binding of Yjs and the editor touch only what changed.
 *
 * The library makes the whole text anew with each change of others, and compares all of it with
 * each of one's own: in a document of a hundred pages that is a fifth of a second for every key.
 * Here blocks that did not change stay the very same nodes, so that neither the editor nor its
 * plugins look at them. What is not simple is left to the library.
 */
// The names are the library's.
/* oxlint-disable no-underscore-dangle */
import { Fragment, Slice, type Node, type Schema } from "@tiptap/pm/model";
import { NodeSelection, Selection, TextSelection, type Transaction } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import {
  getRelativeSelection,
  initProseMirrorDoc,
  relativePositionToAbsolutePosition,
  updateYFragment,
  ySyncPluginKey,
} from "@tiptap/y-tiptap";
import * as Y from "yjs";

type Mapping = Map<Y.AbstractType<unknown>, Node | Node[]>;
type Change = Y.YEvent<Y.XmlFragment>;

interface RelativeSelection {
  type: string;
  anchor: Y.RelativePosition | null;
  head: Y.RelativePosition | null;
}

/** What is used of the library's binding. */
export interface Binding {
  prosemirrorView: EditorView | null;
  type: Y.XmlFragment;
  doc: Y.Doc;
  mapping: Mapping;
  mux: (work: () => void) => void;
  beforeTransactionSelection: RelativeSelection | null;
  _observeFunction: (events: Change[], transaction: Y.Transaction) => void;
  _prosemirrorChanged: (doc: Node) => void;
}

/** So many blocks that changed at once are compared one by one; beyond, the library does it. */
const CHANGED_MAX = 16;

/** One block as the editor has it; null when the schema has no place for it. */
function made(element: Y.XmlElement, schema: Schema, mapping: Mapping): Node | null {
  const alone = { toArray: () => [element] } as unknown as Y.XmlFragment;
  const { doc, mapping: parts } = initProseMirrorDoc(alone, schema);
  for (const [type, node] of parts) mapping.set(type, node);
  return doc.firstChild;
}

function forget(mapping: Mapping, transaction: Y.Transaction): void {
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (struct instanceof Y.Item && struct.content instanceof Y.ContentType) {
      mapping.delete(struct.content.type as Y.AbstractType<unknown>);
    }
  });
  for (const type of transaction.changed.keys()) mapping.delete(type as never);
  for (const type of transaction.changedParentTypes.keys()) mapping.delete(type as never);
}

export interface Range {
  /** First block that differs, and the ends of what differs before and after. */
  from: number;
  to: number;
  toNew: number;
}

/** Which blocks differ between two texts that share the rest. Pure. */
export function rangeOf(before: Node, after: readonly Node[]): Range | null {
  const most = Math.min(before.childCount, after.length);
  let from = 0;
  while (from < most && before.child(from) === after[from]) from += 1;
  if (from === before.childCount && from === after.length) return null;
  let same = 0;
  while (
    same < most - from &&
    before.child(before.childCount - 1 - same) === after[after.length - 1 - same]
  ) {
    same += 1;
  }
  return { from, to: before.childCount - same, toNew: after.length - same };
}

function sizeOf(doc: Node, from: number, to: number): number {
  let size = 0;
  for (let at = from; at < to; at += 1) size += doc.child(at).nodeSize;
  return size;
}

/** Puts the caret where it was in the words, when these were among what others changed. */
function keepSelection(binding: Binding, transaction: Transaction, before: Selection): void {
  const relative = binding.beforeTransactionSelection;
  if (relative === null) return;
  const at = (position: Y.RelativePosition | null) =>
    position &&
    relativePositionToAbsolutePosition(binding.doc, binding.type, position, binding.mapping);
  const anchor = at(relative.anchor) ?? at(relative.head);
  const head = at(relative.head) ?? anchor;
  const { doc } = transaction;
  if (anchor === null || head === null) return;
  if (anchor > doc.content.size || head > doc.content.size) return;
  if (before instanceof NodeSelection) {
    const node = doc.nodeAt(anchor);
    transaction.setSelection(
      node && NodeSelection.isSelectable(node)
        ? NodeSelection.create(doc, anchor)
        : Selection.near(doc.resolve(anchor)),
    );
  } else if (before instanceof TextSelection) {
    transaction.setSelection(TextSelection.between(doc.resolve(anchor), doc.resolve(head)));
  }
}

/** Brings in what others changed. */
function takeIn(binding: Binding, view: EditorView, transaction: Y.Transaction): void {
  const { mapping, type } = binding;
  forget(mapping, transaction);
  const { schema } = view.state;
  const blocks = type.toArray().flatMap((element) => {
    const known = mapping.get(element as Y.AbstractType<unknown>);
    if (known !== undefined && !Array.isArray(known)) return [known];
    const node = element instanceof Y.XmlElement ? made(element, schema, mapping) : null;
    return node === null ? [] : [node];
  });
  const { doc, selection, tr } = view.state;
  const range = rangeOf(doc, blocks);
  if (range === null) return;
  const start = sizeOf(doc, 0, range.from);
  const end = start + sizeOf(doc, range.from, range.to);
  const fresh = Fragment.fromArray(blocks.slice(range.from, range.toNew));
  tr.setMeta("addToHistory", false).replace(start, end, new Slice(fresh, 0, 0));
  if (selection.from < end && selection.to > start) keepSelection(binding, tr, selection);
  const undone = transaction.origin instanceof Y.UndoManager;
  tr.setMeta(ySyncPluginKey, { isChangeOrigin: true, isUndoRedoOperation: undone });
  if (undone) tr.scrollIntoView();
  view.dispatch(tr);
}

/** First block that differs between texts of equally many, and the end of those that do. Pure. */
function differing(before: Node, doc: Node): [number, number] {
  let [from, to] = [0, doc.childCount];
  while (from < to && before.child(from) === doc.child(from)) from += 1;
  while (to > from && before.child(to - 1) === doc.child(to - 1)) to -= 1;
  return [from, to];
}

/**
 * Writes one's own change of a few blocks; false when it is more than that.
 *
 * Shape: `before` is the text that both sides are known to have had; null when nobody knows. What
 * it shares with `doc` is not looked at, for there are thousands of blocks and one has changed.
 */
function writeBlocks(binding: Binding, before: Node | null, doc: Node): boolean {
  const { mapping, type } = binding;
  if (type.length !== doc.childCount) return false;
  const known = before?.childCount === doc.childCount;
  const [from, to] = known ? differing(before, doc) : [0, doc.childCount];
  const elements = type.slice(from, to);
  const changed: number[] = [];
  for (const [place, element] of elements.entries()) {
    const at = from + place;
    if (mapping.get(element as Y.AbstractType<unknown>) === doc.child(at)) continue;
    changed.push(at);
    if (changed.length > CHANGED_MAX) return false;
    if (!(element instanceof Y.XmlElement)) return false;
    if (element.nodeName !== doc.child(at).type.name) return false;
  }
  // Several that changed may be one that was moved: the library finds that out.
  const elementAt = (at: number) => elements[at - from] as Y.XmlElement;
  if (changed.length > 1 && !changed.every((at) => keepsText(elementAt(at), doc.child(at)))) {
    return false;
  }
  for (const at of changed) {
    updateYFragment(binding.doc, elementAt(at), doc.child(at), binding as never);
  }
  return true;
}

/** Whether a block that changed is still about the same one, by its text. */
function keepsText(element: Y.XmlElement, node: Node): boolean {
  return element.toString().replace(/<[^>]*>/gu, "") === node.textContent;
}

/** Takes the place of the binding's own two ways. Caller: before the editor is shown. */
export function quicken(binding: Binding): void {
  const whole = binding._prosemirrorChanged.bind(binding);
  let both: Node | null = null;
  binding._observeFunction = (_, transaction) => {
    // What plugins add to others' changes is not written yet: all is compared the next time.
    both = null;
    const view = binding.prosemirrorView;
    if (view !== null) binding.mux(() => takeIn(binding, view, transaction));
  };
  binding._prosemirrorChanged = (doc) => {
    let done = false;
    binding.doc.transact(() => {
      done = writeBlocks(binding, both, doc);
      const view = binding.prosemirrorView;
      if (done && view !== null) {
        binding.beforeTransactionSelection = getRelativeSelection(binding as never, view.state);
      }
    }, ySyncPluginKey);
    if (!done) whole(doc);
    both = doc;
  };
}
