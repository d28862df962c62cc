/**
 * A conference as the page sees it: one session of it, and its parts.
 *
 * It is what a person can do, and what there is to see; how it comes about is in `flow`, and what
 * can be done in each application in `parts`.
 */
import type { DocumentKind } from "./apps/documentList";
import type { ExportFormat } from "./apps/exports";
import type { DocumentHandle } from "./documents";
import { type ConferenceEvent, type ConferenceIo, Flow, type LiveMessage } from "./flow";
import type { Observable } from "./observable";
import type { OperationView, Submitted } from "./operations";
import type { Parts } from "./parts";
import type { Notice, Status } from "./status";
import type { Slot } from "./store";
import { textOf } from "./apps/values";
import { isMap } from "./wire";

const LEAVE_WAIT_MS = 2_000;

export class Conference {
  readonly status: Observable<Status>;
  readonly operations: Observable<readonly OperationView[]>;
  readonly notices: Observable<readonly Notice[]>;
  readonly roster: Parts["roster"];
  readonly chat: Parts["chat"];
  /** What a person can do in the chat. */
  readonly messages: Parts["messages"];
  readonly documents: Parts["documents"];
  /** What a person can do with the list of documents. */
  readonly library: Parts["library"];
  /** Polls, questions, hands, agenda and reactions. */
  readonly talk: Parts["talk"];
  /** Roles, doors and settings, for those who run the room. */
  readonly people: Parts["people"];
  /** Links for editors that are not ours, for those who run the room. */
  readonly editors: Parts["editors"];
  /** Rooms beside this one. */
  readonly breakouts: Parts["breakouts"];
  /** Decks of slides. */
  readonly slides: Parts["slides"];
  /** What is shown to everybody. */
  readonly stage: Parts["stage"];
  /** Files that people share, and pictures of other parts. */
  readonly files: Parts["files"];
  /** One's own exports, oldest first. */
  readonly exports: Parts["exports"];
  /** Services of the room, such as "export", that nobody offers just now. */
  readonly servicesAway: Observable<readonly string[]>;

  private readonly flow: Flow;

  constructor(
    private readonly slot: Slot,
    io: ConferenceIo,
    name: string,
  ) {
    const flow = new Flow(slot, io, name);
    const { parts } = flow;
    this.flow = flow;
    this.status = flow.board.cell;
    this.operations = flow.outcomes.cell;
    this.notices = flow.noticeBoard.cell;
    this.servicesAway = flow.servicesAway;
    this.roster = parts.roster;
    this.chat = parts.chat;
    this.messages = parts.messages;
    this.documents = parts.documents;
    this.library = parts.library;
    this.talk = parts.talk;
    this.people = parts.people;
    this.editors = parts.editors;
    this.breakouts = parts.breakouts;
    this.slides = parts.slides;
    this.stage = parts.stage;
    this.files = parts.files;
    this.exports = parts.exports;
    flow.begin();
  }

  // What a person does

  post(text: string): Submitted {
    return this.messages.say({ text });
  }

  rename(name: string): Submitted {
    this.flow.board.set({ name });
    if (this.slot.meta !== null) this.slot.keepMeta({ ...this.slot.meta, name });
    return this.submit("roster", "rename", { name });
  }

  createDocument(document: string, kind: DocumentKind, title: string): Submitted {
    return this.library.create(document, kind, title);
  }

  /** Asks for a copy of the room; what becomes of it is in `exports`. */
  requestExport(formats: readonly ExportFormat[]): Submitted {
    return this.submit("exports", "request", { formats: formats.toSorted() });
  }

  /**
   * Where a finished export is downloaded, for a minute; an archive is named by the address of the
   * room (`slug`), if it has one. Throws `ApiError`.
   */
  async exportPath(id: string, slug = ""): Promise<string> {
    const answer = await this.get("export", { export: id });
    const told = isMap(answer) ? answer : {};
    const room = slug || textOf(told["room"]);
    const path = `/api/v1/rooms/${encodeURIComponent(room)}/exports/${encodeURIComponent(id)}`;
    return `${path}?${new URLSearchParams({ ticket: textOf(told["ticket"]) }).toString()}`;
  }

  submit(app: string, type: string, body: unknown): Submitted {
    return this.flow.submit(app, type, body);
  }

  dismiss(operation: string): void {
    this.flow.outcomes.takeFailed(operation);
    this.flow.settle();
  }

  retry(operation: string): Submitted | null {
    const failed = this.flow.outcomes.takeFailed(operation);
    return failed === null ? null : this.submit(failed.app, failed.type, failed.body);
  }

  dismissNotice(id: string): void {
    this.flow.noticeBoard.dismiss(id);
  }

  get(query: string, args: unknown): Promise<unknown> {
    return this.flow.requests.get(query, args);
  }

  sendLive(topic: string, body: unknown): boolean {
    return this.flow.sendLive(topic, body);
  }

  onLive(listener: (live: LiveMessage) => void): () => void {
    return this.flow.lives.add(listener);
  }

  onEvent(listener: (event: ConferenceEvent) => void): () => void {
    return this.flow.events.add(listener);
  }

  openDocument(document: string): DocumentHandle {
    return this.flow.shelf.open(document);
  }

  // Coming and going

  /** Left or closed for good: nothing more happens. */
  get over(): boolean {
    return this.flow.closed;
  }

  /** Tells the person something that concerns the room. */
  tell(notice: Omit<Notice, "id">): void {
    this.flow.noticeBoard.add(notice);
  }

  /** A good moment to try again, or to see whether the connection still lives. */
  wake(): void {
    const closed = this.flow.closed || this.status.getSnapshot().phase === "closed";
    if (!closed) this.flow.connection.wake();
  }

  /** Tries again at once, also after an end that does not come back by itself. */
  reconnect(): void {
    if (this.flow.closed) return;
    this.flow.board.waking(this.flow.core.identity !== null);
    this.flow.connection.wake();
  }

  /** Ends the session for good, whether or not a server can be told in time. */
  async leave(): Promise<void> {
    if (this.flow.closed) return;
    this.flow.core.leaving = true;
    const left = this.submit("roster", "leave", {});
    const late = new Promise((resolve) => setTimeout(resolve, LEAVE_WAIT_MS));
    await Promise.race([left.outcome, late]);
    this.flow.end("left", "You have left this room.");
    this.slot.destroy();
  }

  /** Lets go; the next tab of this room can take the session up. */
  close(): void {
    if (this.flow.closed) return;
    this.flow.end("closed", "");
    this.slot.release();
  }
}
