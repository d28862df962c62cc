/** Others' carets with their names, kept inside the edges of the text. */
import { Extension } from "@tiptap/core";
import { CollaborationCaret } from "@tiptap/extension-collaboration-caret";
import { Plugin } from "@tiptap/pm/state";
import type { Awareness } from "y-protocols/awareness";

import { safeColour } from "../colours";
import type { Writer } from "../DocumentView";

const NAME_CHARACTERS_MAX = 64;

/** A caret with its owner's name; text only, for names come from others. */
function renderCaret(user: Record<string, unknown>): HTMLElement {
  const { name, color } = user as Partial<Writer>;
  const caret = document.createElement("span");
  caret.className = "fm-caret";
  caret.style.setProperty("--fm-person", safeColour(color));
  const label = document.createElement("span");
  label.className = "fm-caret-name";
  label.textContent = typeof name === "string" ? name.slice(0, NAME_CHARACTERS_MAX) : "";
  caret.append(label);
  return caret;
}

function renderSelection(user: Record<string, unknown>): { class: string; style: string } {
  return {
    class: "fm-caret-selection",
    style: `--fm-person: ${safeColour((user as Partial<Writer>).color)}`,
  };
}

/** Names that would stand outside the text's frame are turned to its inner side. */
function turnInwards(root: HTMLElement): void {
  const carets = [...root.querySelectorAll<HTMLElement>(".fm-caret")];
  if (carets.length === 0) return;
  const frame = (root.closest(".fm-editor-scroll") ?? root).getBoundingClientRect();
  // All is measured before anything is changed, so that the page is laid out once.
  const turns = carets.map((caret) => {
    const at = caret.getBoundingClientRect();
    const { width = 0, height = 0 } = caret.firstElementChild?.getBoundingClientRect() ?? {};
    const rtl = getComputedStyle(caret).direction === "rtl";
    const beyond = rtl ? at.left - width < frame.left : at.left + width > frame.right;
    return { caret, beyond, above: at.top - height < frame.top };
  });
  for (const { caret, beyond, above } of turns) {
    caret.toggleAttribute("data-beyond", beyond);
    caret.toggleAttribute("data-below", above);
  }
}

const CaretEdges = Extension.create({
  name: "caretEdges",
  addProseMirrorPlugins: () => [
    new Plugin({
      view: (view) => {
        let frame = 0;
        const look = () => {
          frame ||= requestAnimationFrame(() => {
            frame = 0;
            turnInwards(view.dom);
          });
        };
        view.dom.ownerDocument.addEventListener("scroll", look, { capture: true, passive: true });
        return {
          update: look,
          destroy: () => {
            cancelAnimationFrame(frame);
            view.dom.ownerDocument.removeEventListener("scroll", look, { capture: true });
          },
        };
      },
    }),
  ],
});

export function carets(awareness: Awareness, writer: Writer) {
  return [
    CollaborationCaret.configure({
      provider: { awareness },
      user: writer,
      render: renderCaret,
      selectionRender: renderSelection,
    }),
    CaretEdges,
  ];
}
