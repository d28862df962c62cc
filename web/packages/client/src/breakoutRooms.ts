/** Breakouts of a conference: what a person sees of them and can do. */
import {
  type Breakouts,
  breakoutsAfter,
  breakoutsOfView,
  NO_BREAKOUTS,
} from "./apps/breakouts";
import { textOf } from "./apps/values";
import type { Event } from "./generated/frames.gen";
import { Cell, Listeners, type Observable } from "./observable";
import type { Submitted } from "./operations";
import { isMap } from "./wire";

export interface BreakoutsHost {
  submit(app: string, type: string, body: unknown): Submitted;
  get(query: string, args: unknown): Promise<unknown>;
  /** The person whose page this is. */
  self(): string | null;
}

/** What a host said to everybody, wherever they are. */
export interface Broadcast {
  readonly name: string;
  readonly text: string;
}

/** The way into the breakout that one has entered: a ticket, good once and for a moment. */
export interface BreakoutWay {
  readonly conference: string;
  readonly ticket: string;
}

export class BreakoutRooms {
  readonly state: Observable<Breakouts>;
  private readonly cell = new Cell<Breakouts>(NO_BREAKOUTS);
  private readonly broadcasts = new Listeners<Broadcast>();

  constructor(private readonly host: BreakoutsHost) {
    this.state = this.cell;
  }

  /** Makes a new set of rooms; with `choose` everybody picks one. */
  create(names: readonly string[], choose: boolean): Submitted {
    return this.host.submit("breakouts", "create", { names, choose });
  }

  /** Who goes where: persons to rooms from 1, 0 for none. */
  assign(rooms: Readonly<Record<string, number>>): Submitted {
    return this.host.submit("breakouts", "assign", { rooms });
  }

  /** Lets people in; everybody is back after so many minutes, if any. */
  open(minutes: number): Submitted {
    return this.host.submit("breakouts", "open", { minutes });
  }

  extend(minutes: number): Submitted {
    return this.host.submit("breakouts", "extend", { minutes });
  }

  broadcast(text: string): Submitted {
    return this.host.submit("breakouts", "broadcast", { text });
  }

  /** Calls everybody back, after so many seconds. */
  recall(seconds: number): Submitted {
    return this.host.submit("breakouts", "recall", { seconds });
  }

  /** Goes into a room; see `enterBreakout` for taking part in it. */
  enter(room: number): Submitted {
    return this.host.submit("breakouts", "enter", { room });
  }

  /** Says that one is back. */
  back(): Submitted {
    return this.host.submit("breakouts", "back", {});
  }

  onBroadcast(listener: (broadcast: Broadcast) => void): () => void {
    return this.broadcasts.add(listener);
  }

  /** Asks for the way into the room that one has entered. Throws `ApiError`. */
  async way(): Promise<BreakoutWay> {
    const answer = await this.host.get("breakout", {});
    if (!isMap(answer)) return { conference: "", ticket: "" };
    return { conference: textOf(answer["conference"]), ticket: textOf(answer["ticket"]) };
  }

  // What the log says

  replaced(view: unknown): void {
    this.cell.set(breakoutsOfView(view));
  }

  followed(event: Event): void {
    if (event.type === "broadcast" && isMap(event.body)) {
      const { name, text } = event.body;
      this.broadcasts.tell({ name: textOf(name), text: textOf(text) });
    }
    this.cell.set(breakoutsAfter(this.cell.getSnapshot(), event, this.host.self()));
  }
}
