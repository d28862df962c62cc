/** Names for what Excalidraw leaves unnamed or misnamed, kept while it draws itself anew. */

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

/** Names what is there and what comes. Shape: returns how to stop. */
export function keepNamed(root: HTMLElement, labels: readonly Label[]): () => void {
  name(root, labels);
  const observer = new MutationObserver(() => name(root, labels));
  observer.observe(root, { childList: true, subtree: true });
  return () => observer.disconnect();
}
