/** Tables of the notes: keys, and one page that mends what came from two people's changes. */
import { Table, type TableOptions } from "@tiptap/extension-table";
import { TextSelection, type Plugin } from "@tiptap/pm/state";
import type { Awareness } from "y-protocols/awareness";

import { isFromOthers, withAppend } from "./own";

interface NoteTableOptions extends TableOptions {
  mends: () => boolean;
}

/**
 * Whether this page is the one that mends: the lowest of those that show the document.
 *
 * A row and a column added at once leave a table whose rows are not equally long. If every page
 * gave the short row a cell, it would get too many, and then the others too few, without an end.
 */
export function mendsFor(awareness: Awareness): boolean {
  const present = [...awareness.getStates().entries()]
    .filter(([, state]) => state["user"] !== undefined && state["reads"] !== true)
    .map(([client]) => client);
  return Math.min(awareness.clientID, ...present) === awareness.clientID;
}

export const NoteTable = Table.extend<NoteTableOptions>({
  addOptions() {
    return { ...(this.parent?.() as TableOptions), mends: () => false };
  },

  addProseMirrorPlugins() {
    const { editor, options } = this;
    return (this.parent?.() ?? []).map((plugin: Plugin) =>
      withAppend(plugin, (append, transactions, before, after) => {
        // Nothing has changed for who does not mend: then it only sees to the selection.
        const added = append(transactions, options.mends() ? before : after, after);
        // The binding does not listen while it brings in what others wrote.
        if (added?.docChanged && transactions.some(isFromOthers)) {
          queueMicrotask(() => {
            if (!editor.isDestroyed) editor.view.dispatch(editor.state.tr);
          });
        }
        return added;
      }),
    );
  },

  addKeyboardShortcuts() {
    const { editor } = this;
    const inside = (run: () => boolean) => () => editor.isActive("table") && run();
    return {
      ...this.parent?.(),
      "Alt-Shift-ArrowUp": inside(() => editor.commands.addRowBefore()),
      "Alt-Shift-ArrowDown": inside(() => editor.commands.addRowAfter()),
      "Alt-Shift-ArrowLeft": inside(() => editor.commands.addColumnBefore()),
      "Alt-Shift-ArrowRight": inside(() => editor.commands.addColumnAfter()),
      "Alt-Shift-Backspace": inside(() => editor.commands.deleteRow()),
      "Alt-Shift-Delete": inside(() => editor.commands.deleteColumn()),
      "Mod-Enter": inside(() =>
        editor.commands.command(({ tr, state, dispatch }) => {
          const { $from } = state.selection;
          let depth = $from.depth;
          while (depth > 0 && $from.node(depth).type.name !== this.name) depth -= 1;
          const paragraph = state.schema.nodes["paragraph"]?.create();
          if (depth === 0 || paragraph === undefined) return false;
          const after = $from.after(depth);
          if (dispatch) {
            tr.insert(after, paragraph);
            tr.setSelection(TextSelection.near(tr.doc.resolve(after + 1))).scrollIntoView();
          }
          return true;
        }),
      ),
    };
  },
});
