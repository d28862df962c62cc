/**
 * The pictures that the editor shows, for React to draw each in its place.
 *
 * The editor's own way to React is ready only after the text was drawn once, and then draws all of
 * it again.
 */
import type { Editor, NodeViewRenderer } from "@tiptap/core";
import { NodeSelection } from "@tiptap/pm/state";

import { imageAttributes, type ImageAttributes } from "./image";

export interface Mount {
  readonly key: number;
  readonly place: HTMLElement;
  readonly attributes: ImageAttributes;
  readonly selected: boolean;
  /** Grows each time somebody asks by keys to describe it. */
  readonly describing: number;
  readonly change: (attributes: Partial<ImageAttributes>) => void;
  readonly choose: () => void;
  readonly remove: () => void;
}

export class ImageMounts {
  private mounts: readonly Mount[] = [];
  private readonly listeners = new Set<() => void>();
  private last = 0;
  private told = false;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getSnapshot = (): readonly Mount[] => this.mounts;

  private set(mounts: readonly Mount[]): void {
    this.mounts = mounts;
    if (this.told) return;
    this.told = true;
    // Views come and go while the editor draws, which may be while React does.
    queueMicrotask(() => {
      this.told = false;
      for (const listener of this.listeners) listener();
    });
  }

  private update(key: number, change: Partial<Mount>): void {
    this.set(this.mounts.map((mount) => (mount.key === key ? { ...mount, ...change } : mount)));
  }

  readonly view: NodeViewRenderer = ({ node, getPos, editor }) => {
    const place = document.createElement("div");
    place.className = "fm-image";
    place.contentEditable = "false";
    this.last += 1;
    const key = this.last;
    let shown = node;
    const attributes = imageAttributes(node.attrs);
    const mount = { key, place, attributes, selected: false, describing: 0 };
    this.set([...this.mounts, { ...mount, ...actions(editor, getPos) }]);
    let asked = 0;
    place.addEventListener("fm-describe", () => {
      asked += 1;
      this.update(key, { describing: asked });
    });
    const select = (selected: boolean) => {
      place.toggleAttribute("data-selected", selected);
      this.update(key, { selected });
    };
    return {
      dom: place,
      update: (next) => {
        if (next.type !== shown.type) return false;
        if (!next.sameMarkup(shown)) this.update(key, { attributes: imageAttributes(next.attrs) });
        shown = next;
        return true;
      },
      selectNode: () => select(true),
      deselectNode: () => select(false),
      // Its own fields and buttons are not the editor's business; dragging and choosing it is.
      stopEvent: (event) =>
        event.target instanceof Element &&
        event.target.closest("input, button, [role=slider]") !== null,
      ignoreMutation: () => true,
      destroy: () => this.set(this.mounts.filter((one) => one.key !== key)),
    };
  };
}

function actions(editor: Editor, getPos: () => number | undefined) {
  const at = (work: (position: number) => void) => () => {
    const position = getPos();
    if (position !== undefined && !editor.isDestroyed) work(position);
  };
  return {
    change: (attributes: Partial<ImageAttributes>) =>
      at((position) => {
        const node = editor.state.doc.nodeAt(position);
        const { tr } = editor.state;
        tr.setNodeMarkup(position, null, { ...node?.attrs, ...attributes });
        const selected = NodeSelection.create(tr.doc, position);
        editor.view.dispatch(tr.setSelection(selected));
      })(),
    choose: at((position) => {
      editor.chain().setNodeSelection(position).focus(undefined, { scrollIntoView: false }).run();
    }),
    remove: at((position) => {
      editor.chain().setNodeSelection(position).deleteSelection().focus().run();
    }),
  };
}
