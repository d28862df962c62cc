/** Speaker notes of a page, for those who present: read, and written in place. */
import type { Conference, Deck, Submitted } from "@folkmoot/client";
import { NOTE_CHARACTERS_MAX } from "@folkmoot/client";
import { useCallback, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

interface NotesPaneProps {
  conference: Pick<Conference, "slides">;
  deck: Deck;
  page: number;
  disabled: boolean;
  run: (submitted: Submitted) => Promise<boolean>;
}

/** Writing is sent after so long without a key. */
const PAUSE_MS = 1_200;

export function NotesPane(props: NotesPaneProps) {
  // Each page has a field of its own: what was typed is sent when it goes away.
  return <PageNotes key={`${props.deck.id}/${props.page}`} {...props} />;
}

function PageNotes({ conference, deck, page, disabled, run }: NotesPaneProps) {
  const { t } = useTranslation();
  const id = useId();
  const saved = deck.notes.get(page) ?? "";
  const [text, setText] = useState<string | null>(null);
  const [state, setState] = useState<"" | "saving" | "failed">("");
  const newest = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const send = useCallback(async () => {
    clearTimeout(timer.current);
    const { current: written } = newest;
    if (written === null) return;
    setState("saving");
    const taken = await run(conference.slides.note(deck.id, page, written.trimEnd()));
    if (newest.current !== written) return;
    if (taken) {
      newest.current = null;
      setText(null);
    }
    setState(taken ? "" : "failed");
  }, [conference, deck.id, page, run]);
  const sendNow = useRef(send);
  useEffect(() => {
    sendNow.current = send;
  }, [send]);
  useEffect(() => () => void sendNow.current(), []);

  return (
    <div className="fm-slide-notes">
      <div className="fm-slide-notes-title">
        <label htmlFor={id}>{t("slides.notes", { page })}</label>
        <output>{state === "" ? "" : t(`slides.notes_${state}`)}</output>
      </div>
      <textarea
        id={id}
        dir="auto"
        rows={4}
        maxLength={NOTE_CHARACTERS_MAX}
        placeholder={t("slides.notesHint")}
        disabled={disabled}
        value={text ?? saved}
        onChange={(event) => {
          newest.current = event.currentTarget.value;
          setText(newest.current);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => void sendNow.current(), PAUSE_MS);
        }}
        onBlur={() => void send()}
      />
    </div>
  );
}
