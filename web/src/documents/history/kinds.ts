/**
 * What the history can show of each kind of document.
 *
 * Who adds a kind adds an entry: a component that draws a past document, read-only, and the texts
 * in it, in the order in which they are read, from which is told who wrote what and what is gone.
 */
import { RICH_FIELD, TEXT_FIELD, type Authors } from "@folkmoot/client";
import type { ComponentType } from "react";
import type * as Y from "yjs";

import { lazily } from "../../lib/lazily";
import type { ColourOf } from "../../ui/colours";
import { textsOf, type Texts } from "./authors";

export type Shown = "authors" | "gone" | "plain";

export interface PreviewProps {
  ydoc: Y.Doc;
  authors: Authors;
  /** The document as it is; null while that is not known. */
  now: Y.Doc | null;
  show: Shown;
  colourOf: ColourOf;
}

export interface PastKind {
  View: ComponentType<PreviewProps>;
  textsIn: (ydoc: Y.Doc) => Texts;
  /** What may be chosen to be shown, the first at once; one alone is no choice. */
  shows: readonly Shown[];
  /** Whether a server can write it as a file. */
  exported: boolean;
  /** In what is counted what somebody wrote. */
  counts: "characters" | "changes";
}

const ALL: readonly Shown[] = ["authors", "gone", "plain"];

export const PAST_KINDS: Readonly<Record<string, PastKind | undefined>> = {
  rich: {
    View: lazily<PreviewProps>(() => import("./RichPreview")),
    textsIn: (ydoc) => textsOf(ydoc.getXmlFragment(RICH_FIELD)),
    shows: ALL,
    exported: true,
    counts: "characters",
  },
  text: {
    View: lazily<PreviewProps>(() => import("./TextPreview")),
    textsIn: (ydoc) => [ydoc.getText(TEXT_FIELD)],
    shows: ALL,
    exported: true,
    counts: "characters",
  },
  board: {
    View: lazily<PreviewProps>(() => import("../../board/BoardPreview")),
    textsIn: () => [],
    shows: ["plain"],
    exported: false,
    counts: "changes",
  },
};
