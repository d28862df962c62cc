/** What became of a person's operations, as the page shows it. */
import type { PendingChange, PendingMessage } from "./apps/chat";
import { Cell } from "./observable";
import type { Outcome, OutboxRecord } from "./session";
import { isMap } from "./wire";

export interface OperationView {
  readonly id: string;
  readonly app: string;
  readonly type: string;
  readonly body: unknown;
  readonly atMs: number;
  readonly state: "sending" | "saved" | "failed";
  readonly code: string | null;
  readonly message: string | null;
}

export interface Submitted {
  readonly id: string;
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
}

/** Failed operations shown at most; the oldest are forgotten. */
const FAILED_KEPT_MAX = 200;

/** Edits of documents are shown by the document's own `saved`; how far one read shows elsewhere. */
const NOT_SHOWN = new Set(["documents/update", "chat/read"]);

export function isShown(operation: { readonly app: string; readonly type: string }): boolean {
  return !NOT_SHOWN.has(`${operation.app}/${operation.type}`);
}

type Shown = Pick<OutboxRecord, "id" | "app" | "type" | "body" | "atMs">;

export function viewOf(record: Shown, outcome: Outcome | null): OperationView {
  const { id, app, type, body, atMs } = record;
  const failed = outcome?.state === "failed" ? outcome : null;
  return {
    id,
    app,
    type,
    body,
    atMs,
    state: outcome === null ? "sending" : outcome.state,
    code: failed?.code ?? null,
    message: failed?.message ?? null,
  };
}

export class Operations {
  readonly cell = new Cell<readonly OperationView[]>([]);
  private failed: readonly OperationView[] = [];
  private views = new Map<string, { record: OutboxRecord; view: OperationView }>();
  private readonly waiting = new Map<string, (outcome: Outcome) => void>();

  /** A promise of what becomes of an operation. */
  promise(id: string): Submitted {
    return { id, outcome: new Promise((resolve) => this.waiting.set(id, resolve)) };
  }

  settled(record: OutboxRecord, outcome: Outcome): void {
    this.waiting.get(record.id)?.(outcome);
    this.waiting.delete(record.id);
    if (outcome.state === "failed" && isShown(record)) this.fail(record, outcome);
  }

  fail(operation: Shown, outcome: Outcome): void {
    this.failed = [...this.failed, viewOf(operation, outcome)].slice(-FAILED_KEPT_MAX);
  }

  takeFailed(id: string): OperationView | null {
    const found = this.failed.find((view) => view.id === id) ?? null;
    if (found !== null) this.failed = this.failed.filter((view) => view !== found);
    return found;
  }

  /** Shows what waits now. Shape: `records` is the outbox. */
  show(records: readonly OutboxRecord[]): void {
    const views = new Map<string, { record: OutboxRecord; view: OperationView }>();
    for (const record of records) {
      if (!isShown(record)) continue;
      const known = this.views.get(record.id);
      const same = known !== undefined && known.record.body === record.body;
      const view = same ? known.view : viewOf(record, null);
      views.set(record.id, { record, view });
    }
    this.views = views;
    const all = [...this.failed, ...[...views.values()].map(({ view }) => view)];
    all.sort((a, b) => a.atMs - b.atMs);
    const before = this.cell.getSnapshot();
    if (all.length === before.length && all.every((view, at) => view === before[at])) return;
    this.cell.set(all);
  }
}

const SAYING = new Set(["post", "ask", "whisper"]);

/** The chat messages among operations that are not saved. */
export function pendingMessages(operations: readonly OperationView[]): PendingMessage[] {
  return operations.flatMap((operation): PendingMessage[] => {
    const { id, app, type, body, atMs, state, code, message } = operation;
    if (app !== "chat" || !SAYING.has(type) || state === "saved" || !isMap(body)) return [];
    const to = type === "ask" ? "hosts" : type === "whisper" ? String(body["to"]) : "";
    return [{ operation: id, text: String(body["text"]), to, atMs, state, code, message }];
  });
}

/** Changes of chat messages among operations that are on their way. */
export function pendingChanges(operations: readonly OperationView[]): PendingChange[] {
  return operations.flatMap((operation): PendingChange[] => {
    const { app, type, body, state } = operation;
    if (app !== "chat" || state !== "sending" || !isMap(body)) return [];
    const message = String(body["id"]);
    if (type === "edit") return [{ message, text: String(body["text"]) }];
    return type === "delete" ? [{ message, text: null }] : [];
  });
}
