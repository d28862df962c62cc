/** Pages of decks over HTTP: pictures, words, and the way to the PDF with what was drawn on it. */
import { ApiError } from "./api";
import { listOf, mapsOf, numberOf, textOf } from "./apps/values";
import { Patience, type UploadHost } from "./uploads";
import { isMap } from "./wire";

export type PagesHost = Pick<UploadHost, "get" | "fetch" | "origins" | "random" | "nowMs">;
export type PictureSize = "large" | "small";

/** A line of text and where it is, in parts of the page's width and height. */
export interface PageLine {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly text: string;
}

/** The words of a page in the order of reading, and where they stand. */
export interface PageWords {
  readonly text: string;
  readonly lines: readonly PageLine[];
}

interface Way {
  readonly ticket: string;
  readonly room: string;
  readonly version: string;
  readonly askedMs: number;
}

/** A ticket lives for ten minutes. */
const TICKET_MS = 8 * 60_000;
const FETCH_TIMEOUT_MS = 60_000;
const FULL = 10_000;

export class DeckPages {
  private readonly ways = new Map<string, Promise<Way>>();

  constructor(private readonly host: PagesHost) {}

  /** A page's picture, as WebP. Throws `ApiError`, with the status 404 when it is not drawn yet. */
  picture(deck: string, page: number, size: PictureSize): Promise<Blob> {
    const path = `pages/${page}?size=${size}`;
    return this.patiently(deck, path, (answer) => answer.blob());
  }

  /** The words of all pages, once a deck is ready. Throws `ApiError`. */
  words(deck: string): Promise<readonly PageWords[]> {
    return this.patiently(deck, "text?of=all", async (answer) =>
      mapsOf(await answer.json()).map(wordsOf),
    );
  }

  /**
   * An address that gives the deck as PDF with the marks that are on it then, as a download, for
   * some minutes. Throws `ApiError` when one may not export.
   */
  async pdfLink(deck: string): Promise<string> {
    const told = await this.host.get("deck", { deck });
    if (!isMap(told) || told["export"] !== true) {
      throw new ApiError("not_allowed", "Your role does not allow that.", 403);
    }
    const room = textOf(told["room"]);
    return `${this.base(0)}${pathOf(room, deck)}/pdf?ticket=${textOf(told["ticket"])}`;
  }

  /** Asks for a way anew: its pages were made anew, or one's role is another. */
  forget(deck: string): void {
    this.ways.delete(deck);
  }

  // Inside

  private async patiently<T>(
    deck: string,
    path: string,
    read: (answer: Response) => Promise<T>,
  ): Promise<T> {
    const patience = new Patience(this.host);
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await read(await this.once(deck, path, attempt));
      } catch (failure) {
        if (failure instanceof ApiError && failure.status === 403 && attempt === 0) continue;
        await patience.after(failure);
      }
    }
  }

  private async once(deck: string, path: string, attempt: number): Promise<Response> {
    const { ticket, room, version } = await this.way(deck);
    let answer: Response;
    try {
      // `v` lets the browser keep what it got: a page that is made anew has another one.
      const url = `${this.base(attempt)}${pathOf(room, deck)}/${path}&v=${version}`;
      answer = await this.host.fetch(url, {
        headers: { authorization: `Bearer ${ticket}` },
        signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      });
    } catch {
      throw new ApiError("unreachable", "The server could not be reached.");
    }
    if (answer.ok) return answer;
    if (answer.status === 403) this.ways.delete(deck);
    throw new ApiError("page_not_ready", "This page is not there, or not yet.", answer.status);
  }

  private base(attempt: number): string {
    const origins = this.host.origins();
    return origins[attempt % origins.length] ?? "";
  }

  private async way(deck: string): Promise<Way> {
    const known = this.ways.get(deck);
    if (known !== undefined) {
      const way = await known.catch(() => null);
      if (way !== null && this.host.nowMs() - way.askedMs < TICKET_MS) return way;
      // Of several that waited for it, the first one asks again.
      if (this.ways.get(deck) !== known) return this.way(deck);
    }
    const asked = this.ask(deck);
    this.ways.set(deck, asked);
    return asked;
  }

  private async ask(deck: string): Promise<Way> {
    const askedMs = this.host.nowMs();
    const told = await this.host.get("deck", { deck });
    if (!isMap(told)) throw new ApiError("unexpected_answer", "There is no way to these slides.");
    return {
      ticket: textOf(told["ticket"]),
      room: textOf(told["room"]),
      version: textOf(told["version"]),
      askedMs,
    };
  }
}

function pathOf(room: string, deck: string): string {
  return `/api/v1/rooms/${room}/decks/${encodeURIComponent(deck)}`;
}

function wordsOf(value: Readonly<Record<string, unknown>>): PageWords {
  const lines = listOf(value["lines"]).map((line) => {
    const [x, y, width, height, text] = listOf(line);
    return {
      x: numberOf(x) / FULL,
      y: numberOf(y) / FULL,
      width: numberOf(width) / FULL,
      height: numberOf(height) / FULL,
      text: textOf(text),
    };
  });
  return { text: textOf(value["text"]), lines };
}
