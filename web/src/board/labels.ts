/** Names for Excalidraw's buttons that have none, kept while it draws itself anew. */
export type Label = readonly [selector: string, label: string];

function name(root: ParentNode, labels: readonly Label[]): void {
  for (const [selector, label] of labels) {
    for (const element of root.querySelectorAll(selector)) {
      if (element.getAttribute("aria-label") !== label) element.setAttribute("aria-label", label);
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
