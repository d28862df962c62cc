/** Looks through all of the chat that this person may see; the server does the looking. */
import type { ChatHandle, ChatMessage, Found } from "@folkmoot/client";
import { Button, Loader, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { dateAndTime } from "../lib/time";
import { sentenceOf, refusalOf } from "../session/sentence";
import { useAnnounce } from "../ui/announce";
import { useInner } from "../ui/layers";

const WAIT_MS = 350;
/** Asked on by itself while nothing was found; after that a person asks. */
const PAGES_BY_ITSELF = 12;
const ENOUGH = 20;

interface SearchPanelProps {
  talk: Pick<ChatHandle, "search">;
  onJump: (id: string) => void;
  onClose: () => void;
}

interface Results {
  /** Newest first. */
  messages: readonly ChatMessage[];
  more: boolean;
  before: string;
}

/** Searches on until there is something to show. Gives up when `stale` says so. */
async function lookOn(
  talk: Pick<ChatHandle, "search">,
  text: string,
  from: Results,
  stale: () => boolean,
): Promise<Results | null> {
  let results = from;
  for (let page = 0; page < PAGES_BY_ITSELF; page += 1) {
    const found: Found = await talk.search(text, results.before);
    if (stale()) return null;
    const messages = [...results.messages, ...found.messages.toReversed()];
    results = { messages, more: found.more, before: found.before };
    if (!found.more || messages.length >= from.messages.length + ENOUGH) break;
  }
  return results;
}

const NONE: Results = { messages: [], more: true, before: "" };

function useSearch(talk: SearchPanelProps["talk"], text: string) {
  const { t, i18n } = useTranslation();
  const announce = useAnnounce();
  const [results, setResults] = useState<Results>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const turn = useRef(0);

  const look = async (from: Results) => {
    turn.current += 1;
    const mine = turn.current;
    setBusy(true);
    setError(undefined);
    try {
      const found = await lookOn(talk, text, from, () => turn.current !== mine);
      if (found === null) return;
      setResults(found);
      announce(t("chat.found", { count: found.messages.length }));
    } catch (thrown) {
      if (turn.current === mine) setError(sentenceOf(i18n, refusalOf(thrown)));
    }
    if (turn.current === mine) setBusy(false);
  };
  useEffect(() => {
    turn.current += 1;
    setResults(undefined);
    setBusy(false);
    if (text.trim() === "") return undefined;
    const timer = setTimeout(() => void look(NONE), WAIT_MS);
    return () => clearTimeout(timer);
    // Only what is typed starts a search anew.
    // oxlint-disable-next-line
  }, [text]);
  return { results, busy, error, onMore: () => results && void look(results) };
}

export function SearchPanel({ talk, onJump, onClose }: SearchPanelProps) {
  const { t, i18n } = useTranslation();
  const [text, setText] = useState("");
  const { results, busy, error, onMore } = useSearch(talk, text);
  const onKeyDown = useInner(onClose);
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="fm-search" onKeyDown={onKeyDown}>
      <TextInput
        type="search"
        value={text}
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        aria-label={t("chat.search")}
        placeholder={t("chat.search")}
        leftSection={<IconSearch size={15} aria-hidden="true" />}
        rightSection={busy ? <Loader size="xs" aria-label={t("chat.searching")} /> : undefined}
        error={error}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className="fm-search-results">
        {results !== undefined && results.messages.length === 0 && !results.more && (
          <p className="fm-search-none">{t("chat.foundNone")}</p>
        )}
        <ul aria-label={t("chat.results")}>
          {results?.messages.map((message) => (
            <li key={message.id}>
              <button type="button" onClick={() => onJump(message.id)}>
                <span>
                  <strong>
                    <bdi>{message.name}</bdi>
                  </strong>{" "}
                  <time>{dateAndTime(message.timeMs, i18n.language)}</time>
                </span>
                <span dir="auto">{message.text}</span>
              </button>
            </li>
          ))}
        </ul>
        {results?.more && (
          <Button variant="subtle" size="compact-sm" loading={busy} onClick={onMore}>
            {t("chat.searchOn")}
          </Button>
        )}
      </div>
    </div>
  );
}
