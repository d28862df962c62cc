/** Which documents a room has, from a view and the events after it. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";

export interface DocumentInfo {
  readonly id: string;
  readonly kind: "rich" | "text";
  readonly title: string;
}

export interface DocumentList {
  readonly documents: readonly DocumentInfo[];
}

export const NO_DOCUMENTS: DocumentList = { documents: [] };

function info(id: string, kind: unknown, title: unknown): DocumentInfo {
  return { id, kind: kind === "text" ? "text" : "rich", title: String(title) };
}

export function documentsOfView(view: unknown): DocumentList {
  const entries = isMap(view) && isMap(view["documents"]) ? view["documents"] : {};
  return {
    documents: Object.entries(entries).map(([id, value]) =>
      isMap(value) ? info(id, value["kind"], value["title"]) : info(id, "rich", id),
    ),
  };
}

export function documentsAfter(state: DocumentList, event: Event): DocumentList {
  if (event.type !== "created" || !isMap(event.body)) return state;
  const { document, kind, title } = event.body;
  if (typeof document !== "string") return state;
  return { documents: [...state.documents, info(document, kind, title)] };
}
