/**
 * A conference's log and its servers in memory, by the rules of the protocol and nothing else: what
 * the session core is tried against. Every connection is a server of its own; what it has taken may
 * be committed late, twice, or after its client went elsewhere.
 */
import type { Batch, ClientFrame, Rejection, ServerFrame } from "../src/generated/frames.gen";

interface ModelSession {
  readonly id: string;
  readonly number: number;
  readonly nonce: string;
  generation: number;
  counter: number;
  rejected: Rejection[];
}

type Entry =
  | { kind: "attach"; link: Link; ticket: string; token: string; nonce: string; generation: number }
  | { kind: "op"; session: string; generation: number; counter: number; text: string };

/** Texts with this in them are refused by the log. */
export const REFUSED = "!";

/** One connection, with what is under way on it. */
export class Link {
  readonly toServer: ClientFrame[] = [];
  readonly toClient: ServerFrame[] = [];
  /** Taken by the server, not in the log yet. */
  readonly taken: Entry[] = [];
  session: ModelSession | null = null;
  generation = 0;
  sequence = 0;
  resumeFrom = 0;
  closed = false;
  /** The server has said its last word. */
  ended = false;

  /** The newest events come twice. */
  echo(): void {
    const last = this.toClient.at(-1);
    if (last?.frame === "events") this.toClient.push(last);
  }

  /** Events under way get lost, and the server does not know. */
  lose(): void {
    const at = this.toClient.findIndex((frame) => frame.frame === "events");
    if (at !== -1) this.toClient.splice(at, 1);
  }
}

export class Model {
  readonly log: string[] = [];
  readonly links: Link[] = [];
  readonly problems: string[] = [];
  private readonly committed: Entry[] = [];
  private readonly batches: Batch[] = [];
  private readonly sessions = new Map<string, ModelSession>();
  private readonly ended = new Map<string, ModelSession>();
  private readonly tickets = new Map<string, string>();
  private numbers = 0;

  open(): Link {
    const link = new Link();
    this.links.push(link);
    return link;
  }

  /** The server reads one frame. Shape: `whole` answers resumes with the whole state. */
  take(link: Link, whole: boolean): void {
    const frame = link.toServer.shift();
    if (frame === undefined || link.closed || link.ended) return;
    if (frame.frame === "join") {
      const { ticket, nonce, generation } = frame;
      link.taken.push({ kind: "attach", link, ticket, token: "", nonce, generation });
    } else if (frame.frame === "resume") {
      link.resumeFrom = whole ? 0 : frame.position.sequence;
      const { token, generation } = frame;
      link.taken.push({ kind: "attach", link, ticket: "", token, nonce: "", generation });
    } else if (frame.frame === "op") {
      if (link.session === null) {
        this.problems.push("an operation before the welcome");
        return;
      }
      const { counter } = frame;
      const { text } = frame.body as { text: string };
      const { session, generation } = link;
      link.taken.push({ kind: "op", session: session.id, generation, counter, text });
    }
  }

  /** The server reads and commits all there is. */
  work(link: Link): void {
    while (link.toServer.length > 0) this.take(link, false);
    while (link.taken.length > 0) this.commit(link);
  }

  /** The next entry of a server reaches the log. */
  commit(link: Link): void {
    const entry = link.taken.shift();
    if (entry !== undefined) this.apply(entry);
  }

  /** A server sends an entry a second time, not knowing that the log has it. */
  repeat(index: number): void {
    const entry = this.committed[index % Math.max(1, this.committed.length)];
    if (entry?.kind === "op") this.apply(entry);
  }

  end(session: string): void {
    const found = this.sessions.get(session);
    if (found === undefined) return;
    this.sessions.delete(session);
    this.ended.set(session, found);
    this.next([]);
    for (const link of this.links) {
      if (link.session === found) this.bye(link, "session_closed", found);
    }
  }

  private apply(entry: Entry): void {
    this.committed.push(entry);
    if (entry.kind === "attach") this.attach(entry);
    else this.operation(entry);
  }

  private attach(entry: Extract<Entry, { kind: "attach" }>): void {
    const { link, generation } = entry;
    const id = entry.token || this.tickets.get(entry.ticket) || entry.ticket;
    const session = this.sessions.get(id);
    if (session === undefined) {
      const ended = this.ended.get(id);
      if (ended !== undefined) this.bye(link, "session_closed", ended);
      else if (entry.token !== "") this.bye(link, "token_invalid");
      else if (generation !== 1) this.refuse(link, 0);
      else this.join(entry, id);
      return;
    }
    if (entry.ticket !== "" && entry.nonce !== session.nonce) this.bye(link, "ticket_used");
    else if (generation !== session.generation + 1) this.refuse(link, session.generation);
    else {
      session.generation = generation;
      for (const other of this.links) {
        if (other !== link && other.session === session) this.bye(other, "taken_over");
      }
      this.next([]);
      this.welcome(link, session);
    }
  }

  private join(entry: Extract<Entry, { kind: "attach" }>, id: string): void {
    this.numbers += 1;
    const session: ModelSession = {
      id,
      number: this.numbers,
      nonce: entry.nonce,
      generation: 1,
      counter: 0,
      rejected: [],
    };
    this.sessions.set(id, session);
    this.tickets.set(entry.ticket, id);
    this.next([]);
    this.welcome(entry.link, session);
  }

  private welcome(link: Link, session: ModelSession): void {
    if (link.closed) return;
    link.session = session;
    link.generation = session.generation;
    const resumed = link.resumeFrom > 0;
    const head = this.batches.length;
    const { id, number, generation, counter, rejected } = session;
    link.toClient.push({
      frame: "welcome",
      session: id,
      number,
      person: "p",
      token: id,
      generation,
      server: "s",
      position: { epoch: "e", sequence: resumed ? link.resumeFrom : head },
      last: counter,
      rejected: [...rejected],
      resumed,
      state: resumed ? {} : { chat: [...this.log] },
      rate_per_s: 0,
      sequence: head,
    });
    link.sequence = resumed ? link.resumeFrom : head;
    for (const batch of this.batches) this.deliver(link, batch);
  }

  private operation(entry: Extract<Entry, { kind: "op" }>): void {
    const session = this.sessions.get(entry.session);
    if (session === undefined || entry.generation !== session.generation) return;
    if (entry.counter !== session.counter + 1) return;
    session.counter = entry.counter;
    if (entry.text.includes(REFUSED)) {
      session.rejected.push({ counter: entry.counter, code: "not_allowed", message: "" });
      this.next([]);
    } else {
      this.log.push(entry.text);
      const { number } = session;
      this.next([{ number, counter: entry.counter, text: entry.text }]);
    }
    for (const link of this.links) {
      if (link.session !== session || link.closed) continue;
      const rejected = session.rejected.filter((r) => r.counter === entry.counter);
      const sequence = this.batches.length;
      link.toClient.push({ frame: "outcomes", sequence, through: entry.counter, rejected });
    }
  }

  private next(effects: { number: number; counter: number; text: string }[]): void {
    const events = effects.map(({ number, counter, text }, index) => ({
      index,
      app: "chat",
      type: "posted",
      author: "p",
      number,
      counter,
      body: { text },
    }));
    const batch = { sequence: this.batches.length + 1, time_ms: 0, events };
    this.batches.push(batch);
    for (const link of this.links) if (link.session !== null) this.deliver(link, batch);
  }

  private deliver(link: Link, batch: Batch): void {
    if (link.closed || batch.events.length === 0 || batch.sequence <= link.sequence) return;
    link.toClient.push({ frame: "events", prev: link.sequence, batch });
    link.sequence = batch.sequence;
  }

  private refuse(link: Link, generation: number): void {
    const fault = { frame: "fault", code: "attach_refused", message: "", request: 0 } as const;
    link.toClient.push({ ...fault, generation });
  }

  private bye(link: Link, code: string, ended?: ModelSession): void {
    if (link.closed) return;
    const last = ended?.counter ?? 0;
    const rejected = ended?.rejected ?? [];
    const reconnect = false;
    const bye = { frame: "bye", code, message: "", reconnect, last, rejected } as const;
    link.toClient.push({ ...bye, sequence: 0, reason: "" });
    link.session = null;
    link.ended = true;
  }
}
