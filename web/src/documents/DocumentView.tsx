/** One shared document: waits for it, then gives it to its editor, and says whether it is saved. */
import type { Conference } from "@folkmoot/client";
import { useEffect, useMemo, type ComponentType } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";

import { useObservable, usePart } from "../session/hooks";
import type { Connection } from "../session/model";
import { sentenceOf } from "../session/sentence";
import { saveStateOf } from "../session/view";
import { useColourOf } from "../ui/colours";
import { Loading } from "../ui/Loading";
import { DocumentActions, type TextKind } from "./DocumentActions";
import { PicturesContext } from "./notes/pictures";
import { SaveIndicator } from "./SaveIndicator";
import { Writers } from "./Writers";

export interface Writer {
  name: string;
  color: string;
}

export interface EditorProps {
  ydoc: Y.Doc;
  awareness: Awareness;
  writer: Writer;
  editable: boolean;
}

interface DocumentViewProps {
  conference: Conference;
  connection: Connection;
  document: string;
  /** Of a text: then its history and copies are offered. */
  kind?: TextKind;
  title?: string;
  name: string;
  live: boolean;
  statusSlot: HTMLElement | null;
  Editor: ComponentType<EditorProps>;
}

export function DocumentView(props: DocumentViewProps) {
  const { conference, connection, document, kind, title = "", name, live } = props;
  const { statusSlot, Editor } = props;
  const { t, i18n } = useTranslation();
  const handle = useMemo(() => conference.openDocument(document), [conference, document]);
  const snapshot = useObservable(handle);
  const notices = useObservable(conference.notices);
  const person = usePart(conference.status, (status) => status.person);
  const { ydoc, awareness } = snapshot;
  const color = useColourOf()(person ?? name);
  const writer = useMemo(() => ({ name, color }), [name, color]);

  useEffect(() => {
    awareness?.setLocalStateField("user", writer);
  }, [awareness, writer]);

  if (ydoc === null || awareness === null) {
    return (
      <div className="fm-document-wait">
        <Loading text={t("documents.loading")} />
        {snapshot.error && <p role="alert">{sentenceOf(i18n, snapshot.error)}</p>}
      </div>
    );
  }
  const state = saveStateOf(snapshot.saved, connection.kind, notices, document);
  return (
    <PicturesContext value={conference.files}>
      {statusSlot &&
        createPortal(
          <>
            <Writers awareness={awareness} />
            <SaveIndicator state={state} />
            {kind && (
              <DocumentActions conference={conference} document={document} kind={kind}
                title={title} ydoc={ydoc} editable={live} />
            )}
          </>,
          statusSlot,
        )}
      <Editor ydoc={ydoc} awareness={awareness} writer={writer} editable={live} />
    </PicturesContext>
  );
}
