/**
 * Binds the shared text to an editor that starts with it.
 *
 * The library starts with an empty text, draws it, and draws all of it anew once it is there. That
 * takes twice as long, and leaves a caret where none can stand when the text begins with a table.
 */
import { Collaboration } from "@tiptap/extension-collaboration";
import type { Node } from "@tiptap/pm/model";
import type { Plugin } from "@tiptap/pm/state";
import { initProseMirrorDoc, ySyncPlugin } from "@tiptap/y-tiptap";
import type * as Y from "yjs";

import { quicken, type Binding } from "./binding";

interface Start {
  doc: Node;
  mapping: ReturnType<typeof initProseMirrorDoc>["mapping"];
}

export function bound(fragment: Y.XmlFragment) {
  let start: Start | null = null;
  // The editor is made before it is shown: what comes between is not in its start.
  const stale = () => {
    if (start !== null) fragment.unobserveDeep(stale);
    start = null;
  };
  return Collaboration.extend({
    onBeforeCreate(event) {
      this.parent?.(event);
      // All views are there from the beginning: drawing everything once more for them is wasted.
      this.editor.createNodeViews = () => undefined;
      // The editor takes no finished text by its public options. Should a later version not ask
      // for it here either, the library's own way is taken, for then there is no `start`.
      const editor: { createDoc?: () => Node } = Object(this.editor);
      const { createDoc } = editor;
      editor.createDoc = () => {
        const made = initProseMirrorDoc(fragment, this.editor.schema);
        if (made.doc.childCount === 0 && createDoc) return createDoc.call(this.editor);
        if (start === null) fragment.observeDeep(stale);
        start = made;
        return made.doc;
      };
    },

    addProseMirrorPlugins() {
      const plugins: Plugin[] = this.parent?.() ?? [];
      const mapping = start?.mapping;
      stale();
      const sync: Plugin = ySyncPlugin(fragment, mapping === undefined ? {} : { mapping });
      // The binding is made with the plugin and handed out by its first state.
      const first: { binding: Binding } = sync.spec.state?.init.call(sync, {}, this.editor.state);
      quicken(first.binding);
      return [sync, ...plugins.slice(1)];
    },
  }).configure({ fragment });
}
