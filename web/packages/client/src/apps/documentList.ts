/** Which documents a room has, from a view and the events after it. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import { numberOf, textOf } from "./values";

export type DocumentKind = "rich" | "text" | "board";

export interface DocumentInfo {
  readonly id: string;
  readonly kind: DocumentKind;
  readonly title: string;
  /** The person who made it; empty for what a room begins with. */
  readonly by: string;
}

/** A document that was removed, and can be brought back for a while. */
export interface RemovedDocument extends DocumentInfo {
  /** The person who removed it, and when. */
  readonly removedBy: string;
  readonly removedMs: number;
}

/** In the order of the list; removed ones in that of their removal. */
export interface DocumentList {
  readonly documents: readonly DocumentInfo[];
  readonly removed: readonly RemovedDocument[];
}

export const NO_DOCUMENTS: DocumentList = { documents: [], removed: [] };

const KINDS: readonly unknown[] = ["rich", "text", "board"];

function info(id: string, value: unknown): DocumentInfo {
  const { kind, title, by } = isMap(value) ? value : { kind: "rich", title: id, by: "" };
  return {
    id,
    kind: KINDS.includes(kind) ? (kind as DocumentKind) : "rich",
    title: String(title),
    by: textOf(by),
  };
}

function removedInfo(id: string, value: unknown): RemovedDocument {
  const removed = isMap(value) ? value : {};
  const removedMs = numberOf(removed["removed_ms"]);
  return { ...info(id, value), by: "", removedBy: textOf(removed["by"]), removedMs };
}

export function documentsOfView(view: unknown): DocumentList {
  const listed = isMap(view) && isMap(view["documents"]) ? view["documents"] : {};
  const removed = isMap(view) && isMap(view["removed"]) ? view["removed"] : {};
  return {
    documents: Object.entries(listed).map(([id, value]) => info(id, value)),
    removed: Object.entries(removed).map(([id, value]) => removedInfo(id, value)),
  };
}

/** What is about a document's content changes nothing here. */
export function documentsAfter(state: DocumentList, event: Event): DocumentList {
  if (!isMap(event.body) || typeof event.body["document"] !== "string") return state;
  const { body } = event;
  const id = event.body["document"];
  const { documents, removed } = state;
  const known = documents.find((entry) => entry.id === id);
  const others = documents.filter((entry) => entry.id !== id);
  switch (event.type) {
    case "created":
    case "returned":
      return {
        documents: [...others, info(id, body)],
        removed: removed.filter((entry) => entry.id !== id),
      };
    case "renamed": {
      const title = String(body["title"]);
      return {
        ...state,
        documents: documents.map((entry) => (entry.id === id ? { ...entry, title } : entry)),
      };
    }
    case "moved":
      if (known === undefined) return state;
      return { ...state, documents: others.toSpliced(numberOf(body["place"]), 0, known) };
    case "removed":
      return {
        documents: others,
        removed: [
          ...removed.filter((entry) => entry.id !== id),
          removedInfo(id, { ...known, ...body }),
        ],
      };
    case "purged":
      return { ...state, removed: removed.filter((entry) => entry.id !== id) };
    default:
      return state;
  }
}
