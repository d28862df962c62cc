/**
 * Keeps what other programs, or a newer page, wrote into the notes and this page does not know.
 *
 * The binding deletes from the document, for everybody, what its schema has no place for. So the
 * document is looked through before it is bound, and each change before the binding sees it; the
 * schema gets a plain stand-in for every name that is missing.
 */
import { Extension, Mark, Node, type Extensions } from "@tiptap/core";
import type { Schema } from "@tiptap/pm/model";
import * as Y from "yjs";

interface UnknownNode {
  inline: boolean;
  text: boolean;
  children: Set<string>;
  attributes: Set<string>;
}

interface UnknownMark {
  attributes: Set<string>;
  /** Several of it may lie on one text. */
  overlaps: boolean;
}

export interface Unknown {
  nodes: Map<string, UnknownNode>;
  marks: Map<string, UnknownMark>;
  /** Further attributes of nodes that are known. */
  attributes: Map<string, Set<string>>;
  /** No stand-in can hold it: the document is not shown rather than harmed. */
  unplaceable: boolean;
}

/** Names are put into the schema's expressions. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/u;
const HASHED = /^(.*)--[a-zA-Z0-9+/=]{8}$/u;
const NAMES_MAX = 64;

function nothing(): Unknown {
  return { nodes: new Map(), marks: new Map(), attributes: new Map(), unplaceable: false };
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

/** Looks through parts of a document for what `schema` and the stand-ins in `found` do not have. */
class Search {
  changed = false;

  constructor(
    private readonly schema: Schema,
    readonly found: Unknown,
  ) {}

  private give(): void {
    this.changed ||= !this.found.unplaceable;
    this.found.unplaceable = true;
  }

  private note<T>(names: Set<T> | undefined, name: T): void {
    if (names === undefined || names.has(name)) return;
    names.add(name);
    this.changed = true;
  }

  element(element: Y.XmlElement, parent: unknown): void {
    const name = element.nodeName;
    const type = this.schema.nodes[name];
    if (name === "text" || name === "doc" || name === "undefined" || !NAME.test(name)) {
      this.give();
      return;
    }
    if (type === undefined) this.unknownElement(element, parent);
    else {
      for (const key of Object.keys(element.getAttributes())) {
        if (key in (type.spec.attrs ?? {}) || key === "ychange") continue;
        const keys = this.found.attributes.get(name) ?? new Set();
        this.found.attributes.set(name, keys);
        if (NAME.test(key) && keys.size < NAMES_MAX) this.note(keys, key);
      }
    }
    for (const child of element.toArray()) this.part(child, element);
  }

  private unknownElement(element: Y.XmlElement, parent: unknown): void {
    const { nodes } = this.found;
    const holder = parent instanceof Y.XmlElement ? this.schema.nodes[parent.nodeName] : null;
    // A list holds list items and a table rows: nothing else can stand there.
    const content = holder?.spec.content ?? "block+";
    if (!holder?.inlineContent && !/block/u.test(content)) this.give();
    if (content.startsWith("paragraph") && (parent as Y.XmlElement).get(0) === element) this.give();
    const known = nodes.get(element.nodeName);
    const node: UnknownNode = known ?? {
      inline: holder?.inlineContent ?? false,
      text: false,
      children: new Set(),
      attributes: new Set(),
    };
    if (known === undefined) {
      if (nodes.size >= NAMES_MAX) this.give();
      nodes.set(element.nodeName, node);
      this.changed = true;
    } else if (holder && holder.inlineContent !== known.inline) this.give();
    for (const key of Object.keys(element.getAttributes())) this.note(node.attributes, key);
    for (const child of element.toArray()) {
      if (child instanceof Y.XmlElement) this.note(node.children, child.nodeName);
      else if (!node.text) {
        node.text = true;
        this.changed = true;
      }
    }
    if (node.text && node.children.size > 0) this.give();
  }

  part(part: unknown, parent: unknown): void {
    if (part instanceof Y.XmlElement) this.element(part, parent);
    else if (part instanceof Y.XmlText && parent instanceof Y.XmlElement) this.text(part);
    else this.give();
  }

  private text(text: Y.XmlText): void {
    // By its items: a delta would put together all of the text for nothing.
    const { _start: first } = text;
    for (let item = first; item !== null; item = item.right) {
      if (item.deleted || item.content instanceof Y.ContentString) continue;
      if (item.content instanceof Y.ContentFormat) {
        this.marks({ [item.content.key]: item.content.value });
      } else this.give();
    }
  }

  marks(attributes: Readonly<Record<string, unknown>> | undefined): void {
    for (const [key, value] of Object.entries(attributes ?? {})) {
      const hashed = HASHED.exec(key)?.[1];
      const name = hashed ?? key;
      if (this.schema.marks[name] !== undefined || value === null || name === "ychange") continue;
      if (!NAME.test(name)) {
        this.give();
        continue;
      }
      const { marks } = this.found;
      let mark = marks.get(name);
      if (mark === undefined) {
        if (marks.size >= NAMES_MAX) this.give();
        mark = { attributes: new Set(), overlaps: hashed !== undefined };
        marks.set(name, mark);
        this.changed = true;
      }
      for (const attribute of keysOf(value)) this.note(mark.attributes, attribute);
    }
  }
}

interface Delta {
  insert?: unknown;
  attributes?: Record<string, unknown>;
}

/** What a change brought, before it is applied to the editor. */
type Change = Y.YEvent<Y.XmlFragment>;

function searchEvent(search: Search, event: Change): void {
  const target: unknown = event.target;
  if (target instanceof Y.XmlText) {
    for (const { insert, attributes } of event.delta as readonly Delta[]) {
      if (insert !== undefined && typeof insert !== "string") search.part(null, null);
      search.marks(attributes);
    }
    return;
  }
  if (target instanceof Y.XmlElement && event.keys.size > 0) {
    search.element(target, target.parent);
    return;
  }
  for (const item of event.changes.added) {
    for (const part of item.content.getContent()) search.part(part, target);
  }
  if (target instanceof Y.XmlElement && search.found.nodes.has(target.nodeName)) {
    search.element(target, target.parent);
  }
}

export class UnknownWatch {
  private readonly search: Search;
  private readonly listeners = new Set<() => void>();
  private turn = 0;
  private stop: () => void = () => undefined;

  /** Caller: before the editor is bound, for observers are called in the order they came. */
  constructor(
    private readonly fragment: Y.XmlFragment,
    schema: Schema,
  ) {
    this.search = new Search(schema, nothing());
    for (const part of fragment.toArray()) {
      if (part instanceof Y.XmlElement) this.search.element(part, null);
      else this.search.part(null, null);
    }
    this.search.changed = false;
    fragment.observeDeep(this.observe);
  }

  private readonly observe = (events: Change[]): void => {
    for (const event of events) searchEvent(this.search, event);
    if (!this.search.changed) return;
    this.search.changed = false;
    this.stop();
    this.turn += 1;
    for (const listener of this.listeners) listener();
  };

  get found(): Unknown {
    return this.search.found;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Shape: `stop` ends the binding that is shown; it is called before that sees the change. */
  readonly bound = (stop: () => void): (() => void) => {
    this.stop = stop;
    return () => {
      if (this.stop === stop) this.stop = () => undefined;
    };
  };

  /** Grows when the editor must be made anew. */
  readonly getSnapshot = (): number => this.turn;

  destroy(): void {
    this.fragment.unobserveDeep(this.observe);
  }
}

function attributesOf(names: Iterable<string>) {
  return () =>
    Object.fromEntries([...names].map((name) => [name, { default: null, rendered: false }]));
}

/** Stand-ins for everything in `unknown`; `label` is said of what cannot be shown. */
export function standIns(unknown: Unknown, label: string): Extensions {
  const nodes = [...unknown.nodes].map(([name, node]) => {
    const tag = node.inline ? "span" : "div";
    const holds = node.text || node.children.size > 0;
    const attributes = { class: "fm-unknown", ...(holds ? {} : { "data-label": label }) };
    return Node.create({
      name,
      group: node.inline ? "inline" : "block",
      inline: node.inline,
      content: node.text ? "inline*" : holds ? `(${[...node.children].join(" | ")})*` : "",
      atom: !holds,
      addAttributes: attributesOf(node.attributes),
      renderHTML: () => (holds ? [tag, attributes, 0] : [tag, attributes]),
    });
  });
  const marks = [...unknown.marks].map(([name, mark]) =>
    Mark.create({
      name,
      ...(mark.overlaps && { excludes: "" }),
      inclusive: false,
      addAttributes: attributesOf(mark.attributes),
      renderHTML: () => ["span", 0],
    }),
  );
  const further = Extension.create({
    name: "furtherAttributes",
    addGlobalAttributes: () =>
      [...unknown.attributes].map(([name, keys]) => ({
        types: [name],
        attributes: attributesOf(keys)(),
      })),
  });
  return [...nodes, ...marks, further];
}
