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
import { readParts } from "./documentParts";
import type { Submitted } from "./operations";

export interface LibraryHost {
  submit(app: string, type: string, body: unknown): Submitted;
  get(query: string, args: unknown): Promise<unknown>;
}

export class Library {
  constructor(private readonly host: LibraryHost) {}

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
    const wanted = { document, version };
    return versionOf(await readParts((query, args) => this.host.get(query, args), wanted));
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

  /** Makes the document what a version holds, as new edits; what it was before is kept, too. */
  restoreVersion(document: string, version: string): Submitted {
    return this.submit("restore_version", { document, version });
  }

  private submit(type: string, body: unknown): Submitted {
    return this.host.submit("documents", type, body);
  }
}
