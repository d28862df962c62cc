/**
 * Reactions as they come: they float up and are gone. Few at once, however many people react, and
 * none that move for people who asked for less motion. A screen reader is told together what came
 * within some seconds.
 */
import type { Conference, Reaction } from "@folkmoot/client";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useAnnounce } from "../ui/announce";
import { nameOf } from "./names";

interface Floating {
  readonly key: number;
  readonly reaction: string;
  readonly text: string;
  /** Percent of the width. */
  readonly at: number;
}

export const FLOATING_MAX = 16;
const LASTING_MS = 2_600;
const ANNOUNCE_AFTER_MS = 3_000;
const PLACES = 7;

/** Of many at once, a number beside one of them says how many. */
export function floatingOf(reaction: Reaction, first: number): Floating[] {
  const alone = reaction.count <= 3 ? reaction.count : 1;
  return Array.from({ length: alone }, (_, n) => ({
    key: first + n,
    reaction: reaction.reaction,
    text: reaction.count > 3 ? `×${reaction.count}` : "",
    at: 8 + (((first + n) * 5) % PLACES) * 12,
  }));
}

function useReactions(talk: Pick<Conference["talk"], "onReaction">): readonly Floating[] {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [floating, setFloating] = useState<readonly Floating[]>([]);
  const keys = useRef(0);
  useEffect(() => {
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const counts = new Map<string, number>();
    const later = (ms: number, what: () => void) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        what();
      }, ms);
      timers.add(timer);
    };
    const tell = () => {
      const told = [...counts].map(([reaction, count]) =>
        t("hands.reacted", { reaction: t(`hands.reactions.${nameOf(reaction)}`), count }),
      );
      counts.clear();
      announce(told.join(", "));
    };
    const stop = talk.onReaction((reaction) => {
      const added = floatingOf(reaction, keys.current);
      keys.current += added.length;
      setFloating((before) => [...before, ...added].slice(-FLOATING_MAX));
      later(LASTING_MS, () => {
        const gone = new Set(added.map(({ key }) => key));
        setFloating((before) => before.filter(({ key }) => !gone.has(key)));
      });
      if (counts.size === 0) later(ANNOUNCE_AFTER_MS, tell);
      counts.set(reaction.reaction, (counts.get(reaction.reaction) ?? 0) + reaction.count);
    });
    return () => {
      stop();
      for (const timer of timers) clearTimeout(timer);
    };
  }, [talk, announce, t]);
  return floating;
}

export function ReactionsLayer({ talk }: { talk: Pick<Conference["talk"], "onReaction"> }) {
  const floating = useReactions(talk);
  return (
    <div className="fm-reactions" aria-hidden="true">
      {floating.map(({ key, reaction, text, at }) => (
        <span key={key} style={{ insetInlineStart: `${at}%` }}>
          {reaction}
          {text && <small>{text}</small>}
        </span>
      ))}
    </div>
  );
}
