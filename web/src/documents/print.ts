/** Puts the document in sight on paper: all of it, and nothing else of the page. */
import { TEXT_FIELD } from "@folkmoot/client";
import type * as Y from "yjs";

/** What is only there to work with. */
const TOOLS = ".fm-caret, .fm-upload, .fm-image-tools, .fm-image-handle, button";

function sheet(kind: "rich" | "text", title: string, ydoc: Y.Doc): HTMLElement {
  const paper = document.createElement("div");
  paper.className = "fm-print";
  const heading = document.createElement("h1");
  heading.dir = "auto";
  heading.textContent = title;
  paper.append(heading);
  const shown = [...document.querySelectorAll<HTMLElement>(".fm-prose[contenteditable]")].find(
    (text) => text.checkVisibility(),
  );
  if (kind === "rich" && shown !== undefined) {
    const copy = document.createElement("div");
    copy.className = "fm-prose";
    copy.append(...[...shown.childNodes].map((node) => node.cloneNode(true)));
    for (const tool of copy.querySelectorAll(TOOLS)) tool.remove();
    paper.append(copy);
  } else if (kind === "text") {
    // The editor draws only the lines in sight.
    const pre = document.createElement("pre");
    pre.dir = "auto";
    pre.textContent = ydoc.getText(TEXT_FIELD).toString();
    paper.append(pre);
  }
  return paper;
}

/** Returns what ends it. */
export function printed(kind: "rich" | "text", title: string, ydoc: Y.Doc): () => void {
  let paper: HTMLElement | null = null;
  const begin = () => {
    paper = sheet(kind, title, ydoc);
    document.body.append(paper);
  };
  const end = () => {
    paper?.remove();
    paper = null;
  };
  window.addEventListener("beforeprint", begin);
  window.addEventListener("afterprint", end);
  return () => {
    end();
    window.removeEventListener("beforeprint", begin);
    window.removeEventListener("afterprint", end);
  };
}
