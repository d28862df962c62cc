/** What people gave to a message: each emoji with its count, to give or take back. */
import { useTranslation } from "react-i18next";

import { useChat } from "./context";
import type { Message } from "../session/model";

const NAMES_MAX = 12;

export function Reactions({ message }: { message: Message }) {
  const { t, i18n } = useTranslation();
  const { you, nameOf, live, reactClosed, act } = useChat();
  if (message.reactions.size === 0) return null;
  const names = (persons: readonly string[]) => {
    const known = persons.slice(0, NAMES_MAX).map((p) => (p === you ? t("chat.you") : nameOf(p)));
    const rest = persons.length - known.length;
    if (rest > 0) known.push(t("chat.others", { count: rest }));
    return new Intl.ListFormat(i18n.language).format(known);
  };
  return (
    <ul className="fm-given-list" aria-label={t("chat.reactions")}>
      {[...message.reactions].map(([emoji, persons]) => (
        <li key={emoji}>
          <button
            type="button"
            className="fm-given"
            aria-pressed={persons.includes(you)}
            aria-label={t("chat.reactionBy", { emoji, names: names(persons) })}
            title={reactClosed ?? names(persons)}
            disabled={!live || reactClosed !== undefined}
            onClick={() => act.react(message, emoji, !persons.includes(you))}
          >
            <span aria-hidden="true">{emoji}</span> {persons.length}
          </button>
        </li>
      ))}
    </ul>
  );
}
