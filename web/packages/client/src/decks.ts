/**
 * Slides of a conference: what a person sees of them and can do. It reduces what the log decided,
 * shows what is pending over it, and sends operations; every operation's promise says what became
 * of it.
 */
import {
  type DeckList,
  decksAfter,
  decksOfView,
  decksWith,
  DRAFT_TOPIC,
  type MarkPoint,
  type MarkTool,
  NO_DECKS,
  packPoints,
  type PendingSlides,
  wholeOf,
} from "./apps/slides";
import { textOf } from "./apps/values";
import { DeckPages, type PageWords, type PagesHost, type PictureSize } from "./deckPages";
import type { Event } from "./generated/frames.gen";
import { Cell, Listeners, type Observable } from "./observable";
import type { OperationView, Submitted } from "./operations";
import type { Previews } from "./previews";
import { isMap } from "./wire";

export interface DecksHost extends PagesHost {
  submit(app: string, type: string, body: unknown): Submitted;
  sendLive(topic: string, body: unknown): boolean;
  /** The person whose page this is. */
  self(): string | null;
}

/** Something to draw over a page; see `SlideMark`. */
export interface NewMark {
  readonly id: string;
  readonly page: number;
  readonly tool: MarkTool;
  readonly points: readonly MarkPoint[];
  readonly colour: string;
  readonly width: number;
  readonly text?: string;
}

/** An upload that found no place among the slides. */
export interface DeckRefused {
  readonly file: string;
  readonly title: string;
  readonly reason: string;
}

const OWN_PENDING: ReadonlySet<string> = new Set(["mark", "unmark", "clear", "turn"]);

export class Decks {
  /** Oldest first, with what is pending. */
  readonly list: Observable<DeckList>;

  private readonly cell = new Cell<DeckList>(NO_DECKS);
  private readonly refusals = new Listeners<DeckRefused>();
  private readonly pages: DeckPages;
  private decided = NO_DECKS;
  private shown: readonly unknown[] = [];

  constructor(private readonly host: DecksHost) {
    this.list = this.cell;
    this.pages = new DeckPages(host);
  }

  /** Makes a deck of a file that was shared; an upload for a deck becomes one by itself. */
  add(file: string, title = ""): Submitted {
    return this.host.submit("slides", "add", { file, title });
  }

  rename(deck: string, title: string): Submitted {
    return this.host.submit("slides", "rename", { deck, title });
  }

  /** Has a deck that failed converted again. */
  retry(deck: string): Submitted {
    return this.host.submit("slides", "retry", { deck });
  }

  remove(deck: string): Submitted {
    return this.host.submit("slides", "remove", { deck });
  }

  /** Turns everyone's page; pages are counted from 1. */
  turn(deck: string, page: number): Submitted {
    return this.host.submit("slides", "turn", { deck, page });
  }

  /** Writes the speaker notes of a page; an empty text takes them away. */
  note(deck: string, page: number, text: string): Submitted {
    return this.host.submit("slides", "note", { deck, page, text });
  }

  /** Draws over a page. A stroke has at most `MARK_POINTS_MAX` points. */
  mark(deck: string, mark: NewMark): Submitted {
    return this.host.submit("slides", "mark", bodyOf(deck, mark));
  }

  /**
   * Shows others a mark while it is being drawn, all of it each time; null says that it will not be
   * drawn. Nothing of it is kept: `mark` with the same id takes its place. False: not connected.
   */
  draft(deck: string, mark: NewMark | null): boolean {
    return this.host.sendLive(DRAFT_TOPIC, mark === null ? null : bodyOf(deck, mark));
  }

  /** Takes marks away: one's own, or as a presenter anybody's. */
  unmark(deck: string, page: number, marks: readonly string[]): Submitted {
    return this.host.submit("slides", "unmark", { deck, page, marks });
  }

  /** Takes all marks of a page away; with `own` only one's own. */
  clear(deck: string, page: number, own = false): Submitted {
    return this.host.submit("slides", "clear", { deck, page, own });
  }

  /** A page's picture, as WebP. Throws `ApiError`, with status 404 when it is not drawn yet. */
  picture(deck: string, page: number, size: PictureSize): Promise<Blob> {
    return this.pages.picture(deck, page, size);
  }

  /** The words of all pages and where they are, once a deck is ready. Throws `ApiError`. */
  words(deck: string): Promise<readonly PageWords[]> {
    return this.pages.words(deck);
  }

  /** An address that gives the deck as PDF with its marks, for some minutes. Throws `ApiError`. */
  pdfLink(deck: string): Promise<string> {
    return this.pages.pdfLink(deck);
  }

  onRefused(listener: (refused: DeckRefused) => void): () => void {
    return this.refusals.add(listener);
  }

  // Inside: called by the conference

  replaced(view: unknown): void {
    for (const { id } of this.decided) this.pages.forget(id);
    this.decided = decksOfView(view);
  }

  followed(event: Event): void {
    if (event.type === "refused" && isMap(event.body)) {
      const { file, title, reason } = event.body;
      this.refusals.tell({ file: textOf(file), title: textOf(title), reason: textOf(reason) });
      return;
    }
    if (event.type === "opened" && isMap(event.body)) this.pages.forget(textOf(event.body["deck"]));
    this.decided = decksAfter(this.decided, event);
  }

  /** Shows decks with what is pending, after each burst. */
  settle(operations: readonly OperationView[], previews: Previews): void {
    const self = this.host.self();
    const shown = [this.decided, operations, previews, self];
    if (shown.every((value, at) => value === this.shown[at])) return;
    this.shown = shown;
    const pending = [...othersMarks(previews), ...ownChanges(operations, self)];
    this.cell.set(decksWith(this.decided, pending));
  }
}

function bodyOf(deck: string, mark: NewMark) {
  return {
    deck,
    page: mark.page,
    mark: mark.id,
    tool: mark.tool,
    points: packPoints(mark.points),
    colour: mark.colour,
    width: Math.max(1, wholeOf(mark.width)),
    text: mark.text ?? "",
  };
}

function othersMarks(previews: Previews): PendingSlides[] {
  return previews.flatMap(({ app, type, author, body }) => {
    if (app !== "slides" || type !== "marked" || !isMap(body)) return [];
    return [{ deck: textOf(body["deck"]), type: "mark" as const, person: author, body }];
  });
}

function ownChanges(operations: readonly OperationView[], self: string | null): PendingSlides[] {
  return operations.flatMap(({ app, type, state, body }) => {
    if (app !== "slides" || state !== "sending") return [];
    if (!OWN_PENDING.has(type) || !isMap(body)) return [];
    const change = type as PendingSlides["type"];
    return [{ deck: textOf(body["deck"]), type: change, person: self ?? "", body }];
  });
}
