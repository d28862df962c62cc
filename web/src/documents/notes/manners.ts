/**
 * How the editor behaves in a room: who may only read changes nothing, whatever a library wants;
 * the keyboard gets in and out; a click below the last block goes on writing there.
 */
import { Extension } from "@tiptap/core";
import { Plugin, PluginKey, Selection } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import { ySyncPluginKey } from "@tiptap/y-tiptap";

import { LONG_FROM, WIDTH_MAX } from "./limits";

interface MannersOptions {
  /** Asks for the address of a link. */
  onLink: () => void;
}

const LEAVING = new PluginKey<boolean>("leavingByTab");

/** A paragraph after the last block, when that is not one already. */
function writeBelow(view: EditorView): boolean {
  const { doc, schema, tr } = view.state;
  const paragraph = schema.nodes["paragraph"]?.create();
  if (!view.editable || paragraph === undefined) return false;
  if (doc.lastChild?.type !== paragraph.type) tr.insert(doc.content.size, paragraph);
  view.dispatch(tr.setSelection(Selection.atEnd(tr.doc)).scrollIntoView());
  view.focus();
  return true;
}

function toToolbar(view: EditorView): boolean {
  const bar = view.dom.closest(".fm-editor")?.querySelector("[role=toolbar]");
  const stop = bar?.querySelector<HTMLElement>('[data-stop][tabindex="0"]');
  stop?.focus();
  return stop !== undefined && stop !== null;
}

/** Asks the picture that is chosen to open the field of its text. */
function describe(view: EditorView): boolean {
  const shown = view.nodeDOM(view.state.selection.from);
  return shown !== null && shown.dispatchEvent(new Event("fm-describe"));
}

function isBelow(view: EditorView, event: MouseEvent): boolean {
  const last = view.dom.lastElementChild?.getBoundingClientRect();
  return event.target === view.dom && last !== undefined && event.clientY > last.bottom;
}

export const Manners = Extension.create<MannersOptions>({
  name: "manners",
  priority: 2_000, // before the keys of lists and tables

  addOptions() {
    return { onLink: () => undefined };
  },

  addKeyboardShortcuts() {
    const { editor } = this;
    const image = (run: () => boolean) => () => editor.isActive("image") && run();
    return {
      "Alt-F10": () => toToolbar(editor.view),
      "Mod-k": () => {
        if (!editor.isEditable) return false;
        this.options.onLink();
        return true;
      },
      "Alt-Shift-ArrowRight": image(() => editor.commands.widenImage(1, WIDTH_MAX)),
      "Alt-Shift-ArrowLeft": image(() => editor.commands.widenImage(-1, WIDTH_MAX)),
      F2: image(() => describe(editor.view)),
    };
  },

  addProseMirrorPlugins() {
    const { editor } = this;
    return [
      new Plugin({
        filterTransaction: (transaction) =>
          editor.isEditable ||
          !transaction.docChanged ||
          transaction.getMeta(ySyncPluginKey) !== undefined ||
          transaction.getMeta("addToHistory") === false, // the binding draws the document
      }),
      new Plugin<boolean>({
        key: LEAVING,
        state: {
          init: () => false,
          apply: (transaction, leaving) => {
            const meta: unknown = transaction.getMeta(LEAVING);
            if (typeof meta === "boolean") return meta;
            return leaving && !transaction.docChanged && !transaction.selectionSet;
          },
        },
        props: {
          // What is far out of sight of a long text is neither laid out nor drawn.
          attributes: ({ doc }) => ({ class: doc.childCount > LONG_FROM ? "fm-long" : "" }),
          handleDOMEvents: {
            // Tab is taken by lists, tables and code; after Escape it goes on in the page.
            keydown: (view, event) => {
              if (event.key === "Escape" && !event.defaultPrevented) {
                view.dispatch(view.state.tr.setMeta(LEAVING, true));
              }
              return event.key === "Tab" && LEAVING.getState(view.state) === true;
            },
            blur: (view) => {
              if (LEAVING.getState(view.state) === true) {
                view.dispatch(view.state.tr.setMeta(LEAVING, false));
              }
              return false;
            },
            click: (view, event) => isBelow(view, event) && writeBelow(view),
          },
        },
      }),
    ];
  },
});
