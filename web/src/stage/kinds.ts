/**
 * What can stand on the stage: an entry for each kind. A view is loaded when it is first opened,
 * and stays mounted from then on; `active` says whether it is in sight.
 */
import type { Conference } from "@folkmoot/client";
import { IconChalkboard, IconFileText, IconNotes, IconPresentation } from "@tabler/icons-react";
import type { ComponentType } from "react";

import { lazily } from "../lib/lazily";
import type { Closable } from "../people/closed";
import type { Connection } from "../session/model";

export interface StageViewProps {
  conference: Conference;
  connection: Connection;
  id: string;
  /** As people see it. */
  title: string;
  /** One's own name. */
  name: string;
  /** There is a session to work in: not taken over, not closed. */
  live: boolean;
  /** This person may change it now: `live`, and nothing is closed to them. */
  editable: boolean;
  active: boolean;
  /** In the bar of the stage, for a short state such as "Saved"; null while not in sight. */
  statusSlot: HTMLElement | null;
}

type Load = () => Promise<{ default: ComponentType<StageViewProps> }>;

export interface StageKind {
  Icon: typeof IconNotes;
  load: Load;
  View: ComponentType<StageViewProps>;
  /** The setting that lets people change it, if there is one. */
  setting?: Closable;
}

function kind(Icon: typeof IconNotes, load: Load, setting?: Closable): StageKind {
  return { Icon, load, View: lazily(load), ...(setting && { setting }) };
}

export const KINDS: ReadonlyMap<string, StageKind> = new Map([
  ["rich", kind(IconNotes, () => import("../documents/RichView"), "notes")],
  ["deck", kind(IconPresentation, () => import("../slides/DeckView"))],
  ["text", kind(IconFileText, () => import("../documents/PadView"), "notes")],
  ["board", kind(IconChalkboard, () => import("../board/BoardView"), "whiteboard")],
]);

export const KNOWN_KINDS: ReadonlySet<string> = new Set(KINDS.keys());
