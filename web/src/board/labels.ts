/** Names and states that Excalidraw leaves out or gets wrong, kept while it draws itself anew. */

/** Shape: null takes a name away that contradicts what is to be read on it. */
export type Label = readonly [selector: string, label: string | null];

function name(root: ParentNode, labels: readonly Label[]): void {
  for (const [selector, label] of labels) {
    for (const element of root.querySelectorAll(selector)) {
      if (label === null) element.removeAttribute("aria-label");
      else if (element.getAttribute("aria-label") !== label) {
        element.setAttribute("aria-label", label);
      }
    }
  }
}

/** A box around a button says that it opens something, which only the button may: it says so. */
const OPENS = ["aria-haspopup", "aria-expanded"] as const;

function handOver(root: ParentNode): void {
  for (const box of root.querySelectorAll("div[aria-expanded]:not([role])")) {
    const opener = box.querySelector("button");
    if (opener === null) continue;
    for (const attribute of OPENS) {
      opener.setAttribute(attribute, box.getAttribute(attribute) ?? "false");
      box.removeAttribute(attribute);
    }
    box.removeAttribute("aria-controls");
  }
}

/** Names what is there and what comes. Shape: returns how to stop. */
export function keepNamed(root: HTMLElement, labels: readonly Label[]): () => void {
  const mend = () => {
    name(root, labels);
    handOver(root);
  };
  mend();
  const observer = new MutationObserver(mend);
  observer.observe(root, { childList: true, subtree: true, attributeFilter: [...OPENS] });
  return () => observer.disconnect();
}
