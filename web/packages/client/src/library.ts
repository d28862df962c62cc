/** The documents of a room as a list: what one can do with them. */
import type { DocumentKind } from "./apps/documentList";
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

  private submit(type: string, body: unknown): Submitted {
    return this.host.submit("documents", type, body);
  }
}
