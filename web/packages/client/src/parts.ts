/**
 * The parts of a conference: one for each application, and what a person can do with it.
 *
 * They are told whole views, then every event in the log's order, and show what came of it when
 * they settle. Nothing here knows of connections or sessions; what it does, it asks of its host.
 */
import type { Chat } from "./apps/chat";
import {
  type DocumentList,
  documentsAfter,
  documentsOfView,
  NO_DOCUMENTS,
} from "./apps/documentList";
import { type ExportList, exportsAfter, exportsOfView, NO_EXPORTS } from "./apps/exports";
import {
  attachedNumbers,
  NO_ROSTER,
  type Roster,
  rosterAfter,
  rosterOfView,
  type RosterState,
  rosterView,
} from "./apps/roster";
import { BreakoutRooms } from "./breakoutRooms";
import { ChatHandle, TYPING_TOPIC } from "./chatHandle";
import { Decks, type DecksHost } from "./decks";
import { Editors } from "./editors";
import type { Event } from "./generated/frames.gen";
import { Library } from "./library";
import { Cell, type Observable } from "./observable";
import type { OperationView } from "./operations";
import { People } from "./people";
import type { Previews } from "./previews";
import { type FilesHost, SharedFiles } from "./sharedFiles";
import { StageHandle } from "./stageHandle";
import { Talk, type TalkHost } from "./talk";

export interface PartsHost extends TalkHost, DecksHost, FilesHost {
  /** Who this is, or was when the page was last here. */
  self(): string | null;
  /** Who this is in the session there is. */
  person(): string | null;
  /** Has everything settle again, after something that no event told. */
  settle(): void;
}

export class Parts {
  readonly roster: Observable<Roster>;
  readonly chat: Observable<Chat>;
  readonly documents: Observable<DocumentList>;
  readonly exports: Observable<ExportList>;
  readonly messages: ChatHandle;
  readonly library: Library;
  readonly talk: Talk;
  readonly people: People;
  readonly editors: Editors;
  readonly breakouts: BreakoutRooms;
  readonly slides: Decks;
  readonly stage: StageHandle;
  readonly files: SharedFiles;

  private readonly rosterCell = new Cell<Roster>(rosterView(NO_ROSTER, null));
  private readonly documentsCell = new Cell<DocumentList>(NO_DOCUMENTS);
  private readonly exportsCell = new Cell<ExportList>(NO_EXPORTS);
  private rosterState: RosterState = NO_ROSTER;
  private shown: readonly unknown[] = [];

  constructor(private readonly host: PartsHost) {
    this.roster = this.rosterCell;
    this.documents = this.documentsCell;
    this.exports = this.exportsCell;
    this.messages = new ChatHandle({
      get: (query, args) => host.get(query, args),
      submit: (type, body) => host.submit("chat", type, body),
      sendLive: (topic, body) => host.sendLive(topic, body),
      settle: () => host.settle(),
      self: () => host.self(),
      nowMs: () => host.nowMs(),
    });
    this.chat = this.messages.shown;
    this.library = new Library(host);
    this.talk = new Talk(host);
    this.people = new People(host);
    this.editors = new Editors(host);
    this.breakouts = new BreakoutRooms({
      submit: (app, type, body) => host.submit(app, type, body),
      get: (query, args) => host.get(query, args),
      self: () => host.person(),
    });
    this.slides = new Decks(host);
    this.stage = new StageHandle((app, type, body) => host.submit(app, type, body));
    this.files = new SharedFiles(host);
  }

  /** Numbers of the sessions that are attached. */
  get attached(): ReadonlySet<number> {
    return attachedNumbers(this.rosterState);
  }

  /** Whole views, of a welcome. */
  replaced(state: Readonly<Record<string, unknown>>): void {
    this.rosterState = rosterOfView(state["roster"]);
    this.messages.replaced(state["chat"]);
    this.documentsCell.set(documentsOfView(state["documents"]));
    this.exportsCell.set(exportsOfView(state["exports"]));
    this.talk.replaced(state);
    this.breakouts.replaced(state["breakouts"]);
    this.slides.replaced(state["slides"]);
    this.stage.replaced(state["stage"]);
    this.files.replaced(state["files"]);
  }

  followed(event: Event, timeMs: number): void {
    switch (event.app) {
      case "roster":
        this.rosterState = rosterAfter(this.rosterState, event, timeMs, this.host.person());
        return;
      case "chat":
        this.messages.followed(event, timeMs);
        return;
      case "documents":
        this.documentsCell.set(documentsAfter(this.documentsCell.getSnapshot(), event));
        this.library.followed(event);
        return;
      case "exports":
        this.exportsCell.set(exportsAfter(this.exportsCell.getSnapshot(), event));
        return;
      case "breakouts":
        this.breakouts.followed(event);
        return;
      case "slides":
        this.slides.followed(event);
        return;
      case "stage":
        this.stage.followed(event);
        return;
      case "files":
        this.files.followed(event);
        return;
      default:
        this.talk.followed(event, timeMs);
    }
  }

  /** An ephemeral message; says whose it is, empty when not known. */
  live(number: number, topic: string, body: unknown): string {
    const person = this.rosterState.sessions.get(number)?.person ?? "";
    this.talk.live(number, topic, body);
    if (topic === TYPING_TOPIC) this.messages.heard(person);
    return person;
  }

  /** Shows what came of a burst of events, once. */
  settle(operations: readonly OperationView[], previews: Previews): void {
    const self = this.host.self();
    const [roster, before] = this.shown;
    this.shown = [this.rosterState, self];
    if (roster !== this.rosterState || before !== self) {
      this.rosterCell.set(rosterView(this.rosterState, self));
    }
    this.messages.settle(operations, previews);
    this.talk.settle(operations, previews);
    this.slides.settle(operations, previews);
  }

  destroy(): void {
    this.messages.destroy();
  }
}
