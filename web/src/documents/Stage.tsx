/** The documents of the room as tabs; each editor is loaded when it is first opened. */
import type { Conference } from "@folkmoot/client";
import { IconFileText, IconNotes } from "@tabler/icons-react";
import { Suspense, useEffect, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { fetchIdly, lazily } from "../lib/lazily";
import type { Connection } from "../session/model";
import { ErrorBoundary } from "../ui/ErrorBoundary";
import { Loading } from "../ui/Loading";
import { DocumentView, type EditorProps } from "./DocumentView";

const loadNotes = () => import("./NotesEditor");
const loadPad = () => import("./PadEditor");

const DOCUMENTS = [
  { id: "notes", Icon: IconNotes, Editor: lazily<EditorProps>(loadNotes) },
  { id: "pad", Icon: IconFileText, Editor: lazily<EditorProps>(loadPad) },
] as const;

type DocumentId = (typeof DOCUMENTS)[number]["id"];

interface StageProps {
  conference: Conference;
  connection: Connection;
  name: string;
  live: boolean;
}

/** Arrow keys go from tab to tab, as the pattern for tabs wants it. */
function onTabKey(event: KeyboardEvent<HTMLElement>): void {
  const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="tab"]')];
  const at = tabs.indexOf(document.activeElement as HTMLElement);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined || at < 0) return;
  event.preventDefault();
  const turned = getComputedStyle(event.currentTarget).direction === "rtl" ? -step : step;
  const next = tabs[(at + turned + tabs.length) % tabs.length];
  next?.focus();
  next?.click();
}

export function Stage({ conference, connection, name, live }: StageProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<DocumentId>("notes");
  const [visited, setVisited] = useState<ReadonlySet<DocumentId>>(new Set(["notes"]));
  const [status, setStatus] = useState<HTMLElement | null>(null);
  useEffect(() => fetchIdly(loadPad), []);
  const choose = (id: DocumentId) => {
    setOpen(id);
    setVisited((before) => new Set([...before, id]));
  };
  return (
    <div className="fm-panel fm-documents">
      <div className="fm-documents-bar">
        {/* The arrow keys belong to the tabs inside. */}
        {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus */}
        <div role="tablist" aria-label={t("room.documents")} onKeyDown={onTabKey}>
          {DOCUMENTS.map(({ id, Icon }) => (
            <button
              key={id}
              type="button"
              role="tab"
              id={`fm-tab-${id}`}
              aria-controls={`fm-document-${id}`}
              aria-selected={open === id}
              tabIndex={open === id ? 0 : -1}
              onClick={() => choose(id)}
            >
              <Icon size={17} stroke={1.7} aria-hidden="true" />
              {t(`room.${id}`)}
            </button>
          ))}
        </div>
        <span className="fm-spring" />
        <span className="fm-documents-state" ref={setStatus} />
      </div>
      {DOCUMENTS.map(({ id, Editor }) => (
        <div
          key={id}
          role="tabpanel"
          id={`fm-document-${id}`}
          aria-labelledby={`fm-tab-${id}`}
          className="fm-document"
          hidden={open !== id}
        >
          {visited.has(id) && (
            <ErrorBoundary compact>
              <Suspense fallback={<Loading text={t("documents.loading")} />}>
                <DocumentView
                  conference={conference}
                  connection={connection}
                  document={id}
                  name={name}
                  live={live}
                  statusSlot={open === id ? status : null}
                  Editor={Editor}
                />
              </Suspense>
            </ErrorBoundary>
          )}
        </div>
      ))}
    </div>
  );
}
