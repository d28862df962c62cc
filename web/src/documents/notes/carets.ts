/** Others' carets with their names, kept inside the edges of the text. */
import { Extension } from "@tiptap/core";
import { CollaborationCaret } from "@tiptap/extension-collaboration-caret";
import { Plugin } from "@tiptap/pm/state";
import type { Awareness } from "y-protocols/awareness";

import { safeColour } from "../colours";
import type { Writer } from "../DocumentView";

const NAME_CHARACTERS_MAX = 64;

/**
 * The carets that were made and may be shown: to look for them in the page would read all of a
 * long text, with each key.
 */
type Made = Set<HTMLElement>;

/** Beyond so many, those that are not shown any more are let go. */
const MADE_MAX = 200;

/** A caret with its owner's name; text only, for names come from others. */
function renderCaret(user: Record<string, unknown>, made: Made): HTMLElement {
  const { name, color } = user as Partial<Writer>;
  const caret = document.createElement("span");
  caret.className = "fm-caret";
  caret.style.setProperty("--fm-person", safeColour(color));
  const label = document.createElement("span");
  label.className = "fm-caret-name";
  label.textContent = typeof name === "string" ? name.slice(0, NAME_CHARACTERS_MAX) : "";
  caret.append(label);
  made.add(caret);
  return caret;
}

function renderSelection(user: Record<string, unknown>): { class: string; style: string } {
  return {
    class: "fm-caret-selection",
    style: `--fm-person: ${safeColour((user as Partial<Writer>).color)}`,
  };
}

/** Names that would stand outside the text's frame are turned to its inner side. */
function turnInwards(root: HTMLElement, made: Made): void {
  const carets = [...made].filter((caret) => caret.isConnected);
  if (made.size > MADE_MAX) {
    made.clear();
    for (const caret of carets) made.add(caret);
  }
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

const CaretEdges = Extension.create<{ made: Made }>({
  name: "caretEdges",
  addOptions: () => ({ made: new Set() }),
  addProseMirrorPlugins() {
    const { made } = this.options;
    const edges = new Plugin({
      view: (view) => {
        let frame = 0;
        const look = () => {
          frame ||= requestAnimationFrame(() => {
            frame = 0;
            turnInwards(view.dom, made);
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
    });
    return [edges];
  },
});

export function carets(awareness: Awareness, writer: Writer) {
  const made: Made = new Set();
  return [
    CollaborationCaret.configure({
      provider: { awareness },
      user: writer,
      render: (user) => renderCaret(user, made),
      selectionRender: renderSelection,
    }),
    CaretEdges.configure({ made }),
  ];
}
