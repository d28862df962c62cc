/** Links for editors that are not ours (y-websocket, Hocuspocus); for who runs the room. */
import type { PeopleHost } from "./people";
import type { Submitted } from "./operations";
import { isMap } from "./wire";

export interface EditorLink {
  readonly id: string;
  readonly document: string;
  readonly name: string;
  readonly write: boolean;
  readonly expiresMs: number;
  /** Sites, beside our own, whose pages may use it. */
  readonly origins: readonly string[];
  /** Whether its token may stand in an address. */
  readonly address: boolean;
  /** How often something was taken from it, and when last; 0 while it never was. */
  readonly wrote: number;
  readonly lastMs: number;
}

export interface NewEditorLink {
  readonly document: string;
  readonly name: string;
  readonly write: boolean;
  readonly days: number;
  readonly origins: readonly string[];
  readonly address: boolean;
}

function linkOf(row: unknown): EditorLink | null {
  if (!isMap(row)) return null;
  const number = (key: string): number => (typeof row[key] === "number" ? row[key] : 0);
  const text = (key: string): string => (typeof row[key] === "string" ? row[key] : "");
  const { origins } = row;
  return {
    id: text("link"),
    document: text("document"),
    name: text("name"),
    write: row["write"] === true,
    expiresMs: number("expires_ms"),
    origins: Array.isArray(origins) ? origins.map(String) : [],
    address: row["address"] === true,
    wrote: number("wrote"),
    lastMs: number("last_ms"),
  };
}

export class Editors {
  constructor(private readonly host: PeopleHost) {}

  make(link: NewEditorLink): Submitted {
    return this.host.submit("editors", "make", link);
  }

  /** Ends a link; who is connected by it is cut off. */
  revoke(link: string): Submitted {
    return this.host.submit("editors", "revoke", { link });
  }

  /** All links of the room, oldest first. Throws `ApiError`. */
  async links(): Promise<EditorLink[]> {
    const answer = await this.host.get("editor_links", {});
    const rows: unknown[] = isMap(answer) && Array.isArray(answer["links"]) ? answer["links"] : [];
    return rows.map(linkOf).filter((link) => link !== null);
  }

  /** The token of a link: who has it reads or writes the document. Throws `ApiError`. */
  async token(link: string): Promise<string> {
    const answer = await this.host.get("editor_token", { link });
    return isMap(answer) ? String(answer["token"]) : "";
  }
}
