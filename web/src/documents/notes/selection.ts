/**
 * Keeps React from reading the selection of a long text.
 *
 * With every commit, of whatever part of the page, React asks the field that has the focus where
 * its selection is, to put it there again, and goes through all nodes of the field for that. The
 * editor looks after its selection itself; so React is told that this is no such field.
 */
import { Extension } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";

export const OwnSelection = Extension.create({
  name: "ownSelection",
  addProseMirrorPlugins: () => [
    new Plugin({
      view: ({ dom }) => {
        // The attribute alone says to the browser that it can be edited.
        Object.defineProperty(dom, "contentEditable", {
          configurable: true,
          get: () => "inherit",
          set(value: string) {
            dom.setAttribute("contenteditable", value);
          },
        });
        return { destroy: () => Reflect.deleteProperty(dom, "contentEditable") };
      },
    }),
  ],
});
