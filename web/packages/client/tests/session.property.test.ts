import fc from "fast-check";
import { expect, test } from "vitest";

import type { Credentials, Outcome, OutboxRecord } from "../src/session";
import { SessionCore } from "../src/session";
import { type Link, Model, REFUSED } from "./model";

/** One browser: a core, what it keeps, what it shows, and its connection. */
class Browser {
  readonly kept = new Map<string, OutboxRecord>();
  readonly outcomes = new Map<string, Outcome>();
  readonly submitted: string[] = [];
  shown: string[] = [];
  credentials: Credentials | null = null;
  core: SessionCore;
  link: Link | null = null;
  private tickets = 0;
  private ids = 0;

  constructor(
    private readonly name: string,
    private readonly model: Model,
  ) {
    this.core = new SessionCore(null, []);
  }

  submit(kind: number): void {
    this.ids += 1;
    const id = String(this.ids).padStart(6, "0");
    const text = `${this.name}${id}${kind % 7 === 0 ? REFUSED : ""}`;
    this.submitted.push(text);
    const lane = kind % 3 === 0 ? `lane${kind % 2}` : "";
    this.core.submit({ id, app: "chat", type: "post", body: { text }, lane, number: 0, atMs: 0 });
    this.perform();
  }

  connect(): void {
    if (this.link !== null) return;
    if (this.core.needsTicket) {
      this.tickets += 1;
      const ticket = `${this.name}:t${this.tickets}`;
      this.core.useTicket({ ticket, nonce: `${ticket}:n` });
    }
    this.link = this.model.open();
    this.core.opened();
    this.perform();
  }

  drop(): void {
    if (this.link === null) return;
    this.link.closed = true;
    this.link = null;
    this.core.closed(0);
    this.perform();
  }

  read(): void {
    const frame = this.link?.toClient.shift();
    if (frame === undefined) return;
    this.core.received(frame);
    this.perform();
  }

  /** The tab is gone, and a new one takes up what was kept. */
  crash(): void {
    if (this.link !== null) this.link.closed = true;
    this.link = null;
    this.shown = [];
    const records = [...this.kept.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.core = new SessionCore(this.credentials, records);
    this.perform();
  }

  private perform(): void {
    let disconnect = false;
    for (const effect of this.core.takeEffects()) {
      if (effect.kind === "send") {
        if (effect.frame.frame === "op") this.checkKept(effect.frame.counter);
        if (this.link !== null) this.link.toServer.push(effect.frame);
      } else if (effect.kind === "keep") this.kept.set(effect.record.id, effect.record);
      else if (effect.kind === "forget") this.kept.delete(effect.id);
      else if (effect.kind === "credentials") this.credentials = effect.credentials;
      else if (effect.kind === "settled") {
        const { text } = effect.record.body as { text: string };
        if (this.outcomes.has(text)) throw new Error(`${text} was settled twice`);
        this.outcomes.set(text, effect.outcome);
      } else if (effect.kind === "welcomed") {
        if (!effect.welcome.resumed) this.shown = [...(effect.welcome.state["chat"] as string[])];
      } else if (effect.kind === "batch") {
        for (const event of effect.batch.events) this.shown.push((event.body as { text: string }).text);
      } else if (effect.kind === "disconnect") disconnect = true;
    }
    if (disconnect) this.drop();
    // The maker of what is held looks at it, and lets it go.
    const held = this.core.pending.find((record) => record.held);
    if (held === undefined) return;
    this.core.amend(held.id, held.body, 0);
    this.perform();
  }

  private checkKept(counter: number): void {
    const known = [...this.kept.values()].some((record) => record.counter === counter);
    if (!known) throw new Error(`counter ${counter} was sent before it was kept`);
  }
}

/** What may happen, by how often: progress in the small most of all. */
const ACTIONS = [
  ...Array.from({ length: 6 }, () => "submit" as const),
  ...Array.from({ length: 4 }, () => "connect" as const),
  ...Array.from({ length: 6 }, () => "take" as const),
  ...Array.from({ length: 6 }, () => "commit" as const),
  ...Array.from({ length: 6 }, () => "read" as const),
  ...Array.from({ length: 3 }, () => "settleAll" as const),
  "drop",
  "drop",
  "repeat",
  "repeat",
  "late",
  "late",
  "echo",
  "lose",
  "end",
  "crash",
] as const;

function settleAll(model: Model, browsers: readonly Browser[]): void {
  for (let round = 0; round < 6; round += 1) {
    for (const browser of browsers) {
      browser.connect();
      if (browser.link !== null) model.work(browser.link);
      while (browser.link !== null && browser.link.toClient.length > 0) browser.read();
    }
  }
}

function run(steps: readonly [number, number, number][]): void {
  const model = new Model();
  const browsers = [new Browser("a", model), new Browser("b", model)];
  for (const [action, who, value] of steps) {
    const browser = browsers[who % browsers.length] as Browser;
    const { link } = browser;
    switch (ACTIONS[action % ACTIONS.length]) {
      case "submit":
        browser.submit(value);
        break;
      case "connect":
        browser.connect();
        break;
      case "take":
        if (link !== null) model.take(link, value % 2 === 0);
        break;
      case "commit":
        if (link !== null) model.commit(link);
        break;
      case "read":
        browser.read();
        break;
      case "settleAll":
        settleAll(model, browsers);
        break;
      case "drop":
        browser.drop();
        break;
      case "repeat":
        model.repeat(value);
        break;
      case "late": {
        // A server that was frozen wakes and commits what it took long ago.
        const frozen = model.links[value % Math.max(1, model.links.length)];
        if (frozen !== undefined) model.commit(frozen);
        break;
      }
      case "echo":
        link?.echo();
        break;
      case "lose":
        link?.lose();
        break;
      case "end":
        if (browser.credentials !== null) model.end(browser.credentials.session);
        break;
      case "crash":
        browser.crash();
        break;
    }
  }
  settleAll(model, browsers);
  for (const browser of browsers) browser.submit(1);
  settleAll(model, browsers);
  check(model, browsers);
}

function check(model: Model, browsers: readonly Browser[]): void {
  expect(model.problems).toEqual([]);
  expect(new Set(model.log).size).toBe(model.log.length); // nothing doubled
  for (const browser of browsers) {
    expect(browser.kept.size).toBe(0);
    for (const text of browser.submitted) {
      const outcome = browser.outcomes.get(text);
      const taken = model.log.includes(text);
      if (outcome?.state === "saved") expect(taken, text).toBe(true);
      else {
        expect(outcome?.code, text).toBe("not_allowed"); // nothing lost
        expect(taken, text).toBe(false);
      }
    }
    expect(browser.shown).toEqual(model.log);
  }
}

const steps = fc.array(
  fc.tuple(fc.nat(ACTIONS.length - 1), fc.nat(1), fc.nat(1_000)),
  { minLength: 60, maxLength: 250 },
);

test("nothing is lost or doubled, whatever is dropped, repeated, delayed or taken up again", () => {
  fc.assert(
    fc.property(steps, (plan) => run(plan)),
    { numRuns: 500 },
  );
});

test("while the session lives, the order is that of the author", () => {
  const without = steps.map((plan) => plan.filter(([action]) => ACTIONS[action] !== "end"));
  fc.assert(
    fc.property(without, (plan) => {
      const model = new Model();
      const one = new Browser("a", model);
      for (const [action, , value] of plan) {
        const name = ACTIONS[action];
        if (name === "submit") one.submit(value - (value % 3) + 1); // none of them in a lane
        else if (name === "connect") one.connect();
        else if (name === "drop") one.drop();
        else if (name === "crash") one.crash();
        else if (name === "read") one.read();
        else if (one.link !== null && name === "take") model.take(one.link, value % 2 === 0);
        else if (one.link !== null && name === "commit") model.commit(one.link);
        else if (name === "repeat") model.repeat(value);
      }
      settleAll(model, [one]);
      check(model, [one]);
      const wanted = one.submitted.filter((text) => !text.includes(REFUSED));
      expect(model.log).toEqual(wanted);
    }),
    { numRuns: 500 },
  );
});
