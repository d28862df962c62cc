/** What presenters put before everybody, from a view and the events after it. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import { numberOf, textOf } from "./values";

export interface Stage {
  /** A kind of the page, such as "rich" or "deck"; empty while nothing is shown. */
  readonly kind: string;
  readonly id: string;
  /** The person who shows it. */
  readonly by: string;
  /** In the log's time. */
  readonly sinceMs: number;
}

export const NO_STAGE: Stage = { kind: "", id: "", by: "", sinceMs: 0 };

export function stageOfView(view: unknown): Stage {
  if (!isMap(view)) return NO_STAGE;
  const { kind, id, by } = view;
  const sinceMs = numberOf(view["since_ms"]);
  return { kind: textOf(kind), id: textOf(id), by: textOf(by), sinceMs };
}

export function stageAfter(stage: Stage, event: Event): Stage {
  return event.type === "shown" ? stageOfView(event.body) : stage;
}
