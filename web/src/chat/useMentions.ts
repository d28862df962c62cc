/** Offers people while somebody types `@` and a part of a name. */
import { useId, useState, type KeyboardEvent, type RefObject } from "react";

import type { Person } from "../session/model";

const OFFERED_MAX = 6;
/** `@` at the start or after a space, and what was typed of a name so far. */
const TYPED = /(?:^|\s)@([^\s@]*(?: [^\s@]*)?)$/u;

interface MentionsOf {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  people: readonly Person[];
  change: (text: string) => void;
}

export interface Mentions {
  id: string;
  offered: readonly Person[];
  chosen: number;
  choose: (index: number) => void;
  fieldProps: Record<string, unknown>;
  /** True when the key was for the list. */
  onKeyDown: (event: KeyboardEvent<HTMLTextAreaElement>) => boolean;
}

export function offeredFor(typed: string, people: readonly Person[]): Person[] {
  const wanted = typed.toLocaleLowerCase();
  const fits = people.filter(
    ({ name, you }) =>
      !you &&
      (name.toLocaleLowerCase().startsWith(wanted) ||
        name.toLocaleLowerCase().includes(` ${wanted}`)),
  );
  return fits.slice(0, OFFERED_MAX);
}

export function useMentions({ field, text, people, change }: MentionsOf): Mentions {
  const id = useId();
  const [chosen, setChosen] = useState(0);
  const [dismissed, setDismissed] = useState<string>();
  const caret = field.current?.selectionStart ?? text.length;
  // While a change is on its way the caret may still be the old one: then the end is meant.
  const before = text.slice(0, Math.max(caret, 0) || text.length);
  const typed = TYPED.exec(before)?.[1];
  const offered = typed === undefined || dismissed === before ? [] : offeredFor(typed, people);
  const at = Math.min(chosen, Math.max(0, offered.length - 1));

  const choose = (index: number) => {
    const person = offered[index];
    if (person === undefined || typed === undefined) return;
    const start = before.slice(0, before.length - typed.length);
    const after = text.slice(before.length);
    change(`${start}${person.name} ${after}`);
    setChosen(0);
    const place = start.length + person.name.length + 1;
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(place, place);
    });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): boolean => {
    if (offered.length === 0) return false;
    if (event.key === "ArrowDown") setChosen((at + 1) % offered.length);
    else if (event.key === "ArrowUp") setChosen((at + offered.length - 1) % offered.length);
    else if (event.key === "Enter" || event.key === "Tab") choose(at);
    else if (event.key === "Escape") setDismissed(before);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const open = offered.length > 0;
  return {
    id,
    offered,
    chosen: at,
    choose,
    onKeyDown,
    fieldProps: open
      ? {
          role: "combobox",
          "aria-expanded": true,
          "aria-autocomplete": "list",
          "aria-controls": id,
          "aria-activedescendant": `${id}-${at}`,
        }
      : {},
  };
}
