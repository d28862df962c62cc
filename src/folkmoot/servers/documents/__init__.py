"""Documents server: merges a document's updates into one, in a process that may die of them."""
