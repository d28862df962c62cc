/** Agenda and the shared timer: from a view and the events after it. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import { mapsOf, numberOf, textOf } from "./values";

export interface AgendaItem {
  readonly id: string;
  readonly title: string;
  /** 0 for none. */
  readonly durationMs: number;
  /** Without the time since it is on, if it is on. */
  readonly spentMs: number;
}

export interface SharedTimer {
  readonly durationMs: number;
  readonly label: string;
  /** In the log's time while it runs; 0 while it is paused, and then `leftMs` is left. */
  readonly endsMs: number;
  readonly leftMs: number;
  /** The log has said that it ended. */
  readonly over: boolean;
}

export interface Agenda {
  readonly items: readonly AgendaItem[];
  /** An item's id, or empty; on since `sinceMs`, in the log's time. */
  readonly current: string;
  readonly sinceMs: number;
  readonly timer: SharedTimer | null;
}

export const NO_AGENDA: Agenda = { items: [], current: "", sinceMs: 0, timer: null };

function timerOf(value: unknown): SharedTimer | null {
  if (!isMap(value)) return null;
  return {
    durationMs: numberOf(value["duration_ms"]),
    label: textOf(value["label"]),
    endsMs: numberOf(value["ends_ms"]),
    leftMs: numberOf(value["left_ms"]),
    over: value["over"] === true,
  };
}

export function agendaOfView(view: unknown): Agenda {
  if (!isMap(view)) return NO_AGENDA;
  const items = mapsOf(view["items"]).map((item) => ({
    id: textOf(item["id"]),
    title: textOf(item["title"]),
    durationMs: numberOf(item["duration_ms"]),
    spentMs: numberOf(item["spent_ms"]),
  }));
  return {
    items,
    current: textOf(view["current"]),
    sinceMs: numberOf(view["since_ms"]),
    timer: timerOf(view["timer"]),
  };
}

export function agendaAfter(agenda: Agenda, event: Event): Agenda {
  if (event.type === "changed") return agendaOfView(event.body);
  if (event.type !== "timer" || !isMap(event.body)) return agenda;
  return { ...agenda, timer: timerOf(event.body["timer"]) };
}

/** What is left at this moment of the log's time; below 0 when it is over. */
export function leftOf(timer: SharedTimer, logMs: number): number {
  return timer.endsMs === 0 ? timer.leftMs : timer.endsMs - logMs;
}
