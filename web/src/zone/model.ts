/** What GET /api/v1/zone tells, and small decisions about showing it. */

export interface ZoneProcess {
  id: string;
  role: string;
  state: string;
  restarts: number | null;
  uptime_s: number | null;
  memory_bytes: number | null;
  qos?: number;
  connections?: number;
  attached?: number;
  conferences?: number;
  cpu?: number;
  loop_lag_ms?: number;
  commit_ms?: number;
  draining?: boolean;
  detail: string;
}

export interface ZoneNode {
  name: string;
  url: string;
  state: "alive" | "draining" | "silent" | "gone";
  engine: boolean;
  /** Whether a copy of everything lies there, also when the machine is away. */
  keeps: boolean;
  /** Of so many logs it keeps a copy, and of so many it decides the order. */
  streams: number;
  leads: number;
  free_percent: number;
  certificate_days: number;
  clock_off_s: number;
  /** Of reading and writing, within the last day. */
  disk_errors: number;
  /** Until a small write is safe; -1 while it is not known. */
  disk_ms: number;
  warnings: Warning[];
  /** How people reach it: `none` is over a network that others may read. */
  encryption?: string;
  certificate?: { days_left: number; expires_soon: boolean; problem: string } | null;
  disk: {
    engine_bytes: number;
    logs_bytes: number;
    free_bytes: number;
    log_bytes_max: number;
  } | null;
  processes: ZoneProcess[];
}

export interface ZoneEvent {
  id: string;
  time_ms: number;
  kind: string;
  process: string;
  node: string;
  detail: string;
  done: "" | "ready" | "failed";
  after_ms: number;
}

export interface ZoneConference {
  id: string;
  title: string;
  people: number;
  connections: number;
  servers: { node: string; id: string }[];
}

export type Warning =
  | "disk_failing"
  | "disk_slow"
  | "disk_low"
  | "certificate_expiring"
  | "clock_off";

export type Missing =
  | "engine_away"
  | "engine_nodes"
  | "copies"
  | "copies_behind"
  | "people_nodes";

export interface Zone {
  zone: string;
  version: string;
  time_ms: number;
  availability: {
    high: boolean;
    engine_nodes: number;
    engine_nodes_needed: number;
    copies: number;
    missing: Missing[];
    people_nodes: number;
    /** Machines that are silent or gone. */
    unheard: string[];
  };
  nodes: ZoneNode[];
  conferences: ZoneConference[];
  conferences_total: number;
  events: ZoneEvent[];
}

export type Tone = "good" | "busy" | "bad" | "idle";

const TONES: Record<string, Tone> = {
  ready: "good",
  running: "good",
  external: "good",
  starting: "busy",
  restarting: "busy",
  waiting: "busy",
  stopping: "busy",
  unhealthy: "bad",
  suspect: "bad",
  failed: "bad",
};

export function toneOf(process: ZoneProcess): Tone {
  if (process.draining && process.state === "ready") return "busy";
  return TONES[process.state] ?? "idle";
}

export function toneOfNode(node: ZoneNode): Tone {
  if (node.state === "silent" || node.state === "gone") return "bad";
  if (node.processes.some((process) => toneOf(process) === "bad")) return "bad";
  return node.state === "draining" || node.warnings.length > 0 ? "busy" : "good";
}

/** Those that need somebody first. */
export function nodesInOrder(nodes: ZoneNode[]): ZoneNode[] {
  const rank = { bad: 0, busy: 1, good: 2, idle: 2 };
  return [...nodes].sort(
    (a, b) => rank[toneOfNode(a)] - rank[toneOfNode(b)] || a.name.localeCompare(b.name),
  );
}

/** The worst value of those that serve people; undefined where none is known. */
export function qosOf(node: ZoneNode): number | undefined {
  const known = node.processes
    .filter((process) => process.role === "collaboration")
    .map((process) => process.qos ?? -1)
    .filter((qos) => qos >= 0);
  return known.length === 0 ? undefined : Math.min(...known);
}

const EVENTS_MAX = 100;

/** What was told before stays: the server that told it may be the one that was replaced. */
export function mergeEvents(known: ZoneEvent[], told: ZoneEvent[]): ZoneEvent[] {
  const byId = new Map(known.map((event) => [event.id, event]));
  for (const event of told) {
    const before = byId.get(event.id);
    byId.set(event.id, before?.done ? before : event);
  }
  return [...byId.values()].sort((a, b) => b.time_ms - a.time_ms).slice(0, EVENTS_MAX);
}

/** Servers for people first, then the rest, as a reader looks for them. */
const ORDER = ["engine", "collaboration", "web", "front", "documents", "export", "meeting-manager"];

export function inOrder(processes: ZoneProcess[]): ZoneProcess[] {
  const rank = (role: string) => (ORDER.includes(role) ? ORDER.indexOf(role) : ORDER.length);
  return [...processes].sort((a, b) => rank(a.role) - rank(b.role) || a.id.localeCompare(b.id));
}
