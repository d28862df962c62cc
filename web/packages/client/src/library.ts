/** The documents of a room: what one can do with the list, and with the history of each. */
import type { DocumentKind } from "./apps/documentList";
import {
  type Authors,
  authorsOf,
  type DocumentHistory,
  historyOf,
  type VersionContent,
  versionOf,
} from "./apps/documentHistory";
import {
  type Edit,
  editsOf,
  groundOf,
  recentOf,
  type Stretch,
  stretchesOf,
} from "./apps/documentPoints";
import type { DocumentFormat } from "./apps/exports";
import { textOf } from "./apps/values";
import { readParts } from "./documentParts";
import type { Event } from "./generated/frames.gen";
import { Cell, type Observable } from "./observable";
import type { Submitted } from "./operations";
import { isMap } from "./wire";

export interface LibraryHost {
  submit(app: string, type: string, body: unknown): Submitted;
  get(query: string, args: unknown): Promise<unknown>;
}

/** What last happened to a document's history. */
export interface HistoryChange {
  /** Grows with each change: then `history` has something new. */
  readonly count: number;
  /** Why a restoring came to nothing, when that was the last thing; else empty. */
  readonly failed: string;
  /** Why a version that was asked for could not be made, when that was the last thing. */
  readonly unkept?: string;
}

const HISTORY_EVENTS: ReadonlySet<string> = new Set([
  "version_wanted",
  "version_kept",
  "version_named",
  "version_dropped",
  "restoring",
  "restored",
  "restore_failed",
]);

export class Library {
  private readonly changesCell = new Cell<ReadonlyMap<string, HistoryChange>>(new Map());

  constructor(private readonly host: LibraryHost) {}

  /** By document; one whose history did not change since joining has no entry. */
  get historyChanges(): Observable<ReadonlyMap<string, HistoryChange>> {
    return this.changesCell;
  }

  create(document: string, kind: DocumentKind, title: string): Submitted {
    return this.submit("create", { document, kind, title });
  }

  rename(document: string, title: string): Submitted {
    return this.submit("rename", { document, title });
  }

  /** Puts a document at a place of the list, counted from 0. */
  move(document: string, place: number): Submitted {
    return this.submit("move", { document, place });
  }

  /** Takes a document out of the list; it can be brought back for 30 days. */
  remove(document: string): Submitted {
    return this.submit("remove", { document });
  }

  /** Brings a removed document back, to the end of the list. */
  restoreRemoved(document: string): Submitted {
    return this.submit("restore_removed", { document });
  }

  // History

  /** Its versions, and what is being made of them. Rejects with `ApiError`. */
  async history(document: string): Promise<DocumentHistory> {
    return historyOf(await this.host.get("document_versions", { document }));
  }

  /** What a version holds: all of the document as it was then, and whose which part is. */
  async version(document: string, version: string): Promise<VersionContent> {
    return versionOf(await this.parts({ document, version }));
  }

  /** Where edits between versions lie, oldest first. Rejects with `ApiError`. */
  async stretches(document: string): Promise<readonly Stretch[]> {
    return stretchesOf(await this.host.get("document_points", { document }));
  }

  /** The edits of a stretch; rejects when that has grown or gone: then `stretches` has another. */
  async edits(document: string, { segment, since }: Stretch): Promise<readonly Edit[]> {
    if (segment !== "") return editsOf(await this.parts({ document, segment }));
    const edits: Edit[] = [];
    let after: readonly [number, number] = [since, 0];
    for (let more = true; more; ) {
      // Each answer says where the next one begins.
      // oxlint-disable-next-line no-await-in-loop
      const told = recentOf(await this.host.get("document_recent", { document, after }));
      if (told.since !== since) throw new TypeError("the document was compacted meanwhile");
      edits.push(...told.edits);
      ({ more, last: after } = told);
    }
    return edits;
  }

  /** The Yjs update that a stretch begins with; null for an empty document. */
  async ground(document: string, { segment, ground }: Stretch): Promise<Uint8Array | null> {
    if (ground === "") return null;
    if (segment === "") return await this.parts({ document, sha256: ground });
    return groundOf(await this.parts({ document, segment: ground }));
  }

  /** Whose the Yjs client ids in a document are, of all who ever wrote in it. */
  async authors(document: string): Promise<Authors> {
    return authorsOf(await this.host.get("document_authors", { document }));
  }

  /** Keeps the document as it is now under a name. */
  keepVersion(document: string, name: string): Submitted {
    return this.submit("keep_version", { document, name });
  }

  /** Names a version; an empty name lets it go with the unnamed ones some day. */
  nameVersion(document: string, version: string, name: string): Submitted {
    return this.submit("name_version", { document, version, name });
  }

  /** Keeps the document as it was at a position under a name: a version from then on. */
  namePoint(document: string, position: number, name: string): Submitted {
    return this.submit("name_point", { document, position, name });
  }

  /** Makes the document what a version holds, as new edits; what it was before is kept, too. */
  restoreVersion(document: string, version: string): Submitted {
    return this.submit("restore_version", { document, version });
  }

  /** Makes the document what it was at a position, as new edits. */
  restorePoint(document: string, position: number): Submitted {
    return this.submit("restore_point", { document, position });
  }

  /** An event of the documents. */
  followed(event: Event): void {
    if (!HISTORY_EVENTS.has(event.type) || !isMap(event.body)) return;
    const document = textOf(event.body["document"]);
    const before = this.changesCell.getSnapshot();
    const failed = event.type === "restore_failed" ? textOf(event.body["reason"]) : "";
    const unkept = event.type === "version_dropped" ? textOf(event.body["reason"]) : "";
    const change = { count: (before.get(document)?.count ?? 0) + 1, failed, unkept };
    this.changesCell.set(new Map(before).set(document, change));
  }

  /**
   * Asks for a file of one document: of a version, of a point where `at` is a position, or as it
   * is. What becomes of it is in the conference's `exports`.
   */
  export(document: string, format: DocumentFormat, at: string | number = ""): Submitted {
    const of = typeof at === "number" ? { version: "", point: at } : { version: at };
    return this.host.submit("exports", "request", { formats: [format], document, ...of });
  }

  private parts(wanted: Readonly<Record<string, unknown>>): Promise<Uint8Array> {
    return readParts((query, args) => this.host.get(query, args), wanted);
  }

  private submit(type: string, body: unknown): Submitted {
    return this.host.submit("documents", type, body);
  }
}
