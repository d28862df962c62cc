/** A board without a screen: a document, a binding, and a scene that is edited by hand. */
import * as Y from "yjs";

import { PageBinding, type ScenePort, type Turns } from "./binding";
import type { SceneElement } from "./element";
import { Entries } from "./entries";
import { elementsOf, FIRST_PAGE } from "./pages";

export interface Shape extends SceneElement {
  index: string;
  x: number;
  version: number;
  versionNonce: number;
  isDeleted: boolean;
  [more: string]: unknown;
}

/** Time and frames that go on when told to. */
export class HandTurns implements Turns {
  private now = 0;
  private tasks: { at: number; what: () => void }[] = [];

  nowMs(): number {
    return this.now;
  }

  later(delay_ms: number, what: () => void): () => void {
    const task = { at: this.now + delay_ms, what };
    this.tasks.push(task);
    return () => {
      this.tasks = this.tasks.filter((one) => one !== task);
    };
  }

  frame(what: () => void): () => void {
    return this.later(16, what);
  }

  advance(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const next = this.tasks.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      this.tasks = this.tasks.filter((one) => one !== next);
      this.now = Math.max(this.now, next.at);
      next.what();
    }
    this.now = until;
  }
}

let nonces = 1;

export class Board implements ScenePort {
  readonly turns = new HandTurns();
  readonly ydoc = new Y.Doc();
  readonly entries: Entries;
  readonly binding: PageBinding;
  readonly updates: Uint8Array[] = [];
  shapes = new Map<string, Shape>();
  inHand = new Set<string>();
  penOn: string | null = null;
  refusals: string[] = [];

  constructor(number: number, editable = true) {
    this.entries = new Entries(elementsOf(this.ydoc, FIRST_PAGE));
    this.binding = new PageBinding(this.entries, this, this.turns, editable);
    this.ydoc.clientID = number;
    this.ydoc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== "remote") this.updates.push(update);
    });
  }

  elements = () => [...this.shapes.values()];
  held = () => this.inHand;
  drawing = () => this.penOn;
  storable = (element: SceneElement): SceneElement | null => element;
  refused = (id: string) => void this.refusals.push(id);

  show = (changed: readonly SceneElement[], gone: readonly string[]): void => {
    for (const element of changed) this.shapes.set(element.id, element as Shape);
    for (const id of gone) this.shapes.delete(id);
  };

  /** Makes or changes an element as Excalidraw would. */
  edit(id: string, change: Record<string, unknown> = {}): void {
    const before = this.shapes.get(id);
    const shape = before ?? {
      id, type: "rectangle", index: "a0", x: 0, isDeleted: false, version: 0, versionNonce: 0,
    };
    nonces = (nonces * 48_271) % 2_147_483_647;
    Object.assign(shape, change, { version: shape.version + 1, versionNonce: nonces });
    this.shapes.set(id, shape);
    this.binding.touched();
  }

  receive(update: Uint8Array): void {
    Y.applyUpdate(this.ydoc, update, "remote");
  }

  /** What is to be seen: elements that are not deleted, by id. */
  seen(): Record<string, unknown> {
    const shown = this.elements().filter((shape) => !shape.isDeleted);
    const rows = shown.map((shape) => {
      const { id, x, version, versionNonce } = shape;
      return [id, { x, version, versionNonce }];
    });
    return Object.fromEntries(rows.toSorted() as [string, unknown][]);
  }
}
