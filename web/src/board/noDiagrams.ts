/** Stands in for Excalidraw's diagrams from text, which are not offered here: text stays text. */
export function parseMermaidToExcalidraw(): never {
  throw new Error("Diagrams are not made from text here.");
}
