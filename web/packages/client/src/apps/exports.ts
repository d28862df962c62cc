/** Exports: one's own copies of the room, from a view and the events after it. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import { listOf, numberOf, textOf } from "./values";

export type ExportFormat = "json" | "markdown";

/** What one document can be written in: rich ones as Markdown, pads as text, both as the rest. */
export type DocumentFormat = "markdown" | "text" | "html" | "pdf" | "docx";

export type ExportPhase = "waiting" | "making" | "finished" | "failed";

export interface ExportInfo {
  readonly id: string;
  readonly phase: ExportPhase;
  /** How often somebody began with it; more than one after a server died. */
  readonly attempt: number;
  /** Steps done, of so many; 0 of 0 before the first. */
  readonly done: number;
  readonly of: number;
  readonly bytes: number;
  readonly requestedMs: number;
  /** Why it failed: a sentence, or empty. */
  readonly reason: string;
  readonly formats: readonly string[];
  /** The document that it is of, empty for the whole room; and what that was called. */
  readonly document: string;
  readonly title: string;
  /** The version of the document, empty for the present. */
  readonly version: string;
  /** The position in the log that it is of, 0 for the present or a version. */
  readonly point: number;
}

/** Oldest first. */
export type ExportList = readonly ExportInfo[];

export const NO_EXPORTS: ExportList = [];

const PHASES = new Set<unknown>(["waiting", "making", "finished", "failed"]);

function exportOf(value: unknown): ExportInfo | null {
  if (!isMap(value) || typeof value["export"] !== "string") return null;
  if (!PHASES.has(value["phase"])) return null;
  return {
    id: value["export"],
    phase: value["phase"] as ExportPhase,
    attempt: numberOf(value["attempt"]),
    done: numberOf(value["done"]),
    of: numberOf(value["of"]),
    bytes: numberOf(value["bytes"]),
    requestedMs: numberOf(value["requested_ms"]),
    reason: textOf(value["reason"]),
    formats: listOf(value["formats"]).map(textOf),
    document: textOf(value["document"]),
    title: textOf(value["title"]),
    version: textOf(value["version"]),
    point: numberOf(value["point"]),
  };
}

export function exportsOfView(view: unknown): ExportList {
  const entries: unknown = isMap(view) ? view["exports"] : null;
  if (!Array.isArray(entries)) return NO_EXPORTS;
  return (entries as unknown[]).map(exportOf).filter((entry) => entry !== null);
}

export function exportsAfter(state: ExportList, event: Event): ExportList {
  if (!isMap(event.body)) return state;
  const id = event.body["export"];
  if (event.type === "removed") return state.filter((entry) => entry.id !== id);
  const changed = event.type === "changed" ? exportOf(event.body) : null;
  if (changed === null) return state;
  if (!state.some((entry) => entry.id === changed.id)) return [...state, changed];
  return state.map((entry) => (entry.id === changed.id ? changed : entry));
}
