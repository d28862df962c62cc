/** The plain-text pad: CodeMirror on the shared text. */
import { TEXT_FIELD } from "@folkmoot/client";
import { defaultKeymap, indentWithTab } from "@codemirror/commands";
import { markdown } from "@codemirror/lang-markdown";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { TFunction } from "i18next";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import * as Y from "yjs";

import type { EditorProps } from "./DocumentView";

const highlight = HighlightStyle.define([
  { tag: tags.heading, fontWeight: "650" },
  { tag: tags.strong, fontWeight: "650" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: [tags.link, tags.url], color: "var(--fm-accent)" },
  { tag: [tags.monospace, tags.quote], color: "var(--mantine-color-dimmed)" },
  { tag: tags.processingInstruction, color: "var(--mantine-color-dimmed)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "0.94rem", backgroundColor: "transparent" },
  ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", lineHeight: "1.65" },
  ".cm-content": { padding: "1.1rem 0 3rem", caretColor: "var(--mantine-color-text)" },
  ".cm-line": { padding: "0 1.25rem 0 0.75rem" },
  ".cm-gutters": {
    backgroundColor: "transparent",
    border: "0",
    color: "var(--mantine-color-placeholder)",
    paddingInlineStart: "0.5rem",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-cursor": { borderLeftColor: "var(--mantine-color-text)", borderLeftWidth: "2px" },
  ".cm-placeholder": { color: "var(--mantine-color-placeholder)" },
});

export default function PadEditor({ ydoc, awareness, editable }: EditorProps) {
  const { t } = useTranslation();
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const access = useRef(new Compartment());
  const label = t("documents.padLabel");
  const hint = t("documents.padPlaceholder");
  const phrases = useMemo(() => phrasesOf(t), [t]);
  const editableNow = useRef(editable);
  editableNow.current = editable;

  useEffect(() => {
    const parent = host.current;
    if (parent === null) return undefined;
    const text = ydoc.getText(TEXT_FIELD);
    const undoManager = new Y.UndoManager(text);
    const made = new EditorView({
      parent,
      state: EditorState.create({
        doc: text.toString(),
        extensions: [
          keymap.of([...searchKeymap, ...yUndoManagerKeymap, indentWithTab, ...defaultKeymap]),
          search({ top: true }), // the browser finds only what is drawn, the lines in sight
          EditorState.phrases.of(phrases),
          lineNumbers(),
          drawSelection(),
          EditorView.lineWrapping,
          EditorView.perLineTextDirection.of(true),
          EditorView.contentAttributes.of({ "aria-label": label }),
          placeholder(hint),
          markdown(),
          syntaxHighlighting(highlight),
          look,
          access.current.of(accessOf(editableNow.current)),
          yCollab(text, awareness, { undoManager }),
        ],
      }),
    });
    view.current = made;
    return () => {
      view.current = undefined;
      made.destroy();
      undoManager.destroy();
    };
  }, [ydoc, awareness, label, hint, phrases]);

  useEffect(() => {
    view.current?.dispatch({ effects: access.current.reconfigure(accessOf(editable)) });
  }, [editable]);

  return <div className="fm-editor fm-pad" ref={host} />;
}

/** The words of the editor's field for finding. */
function phrasesOf(t: TFunction): Record<string, string> {
  return {
    Find: t("documents.search.find"),
    Replace: t("documents.search.replace"),
    next: t("documents.search.next"),
    previous: t("documents.search.previous"),
    all: t("documents.search.all"),
    "match case": t("documents.search.matchCase"),
    regexp: t("documents.search.regexp"),
    "by word": t("documents.search.byWord"),
    replace: t("documents.search.replaceOne"),
    "replace all": t("documents.search.replaceAll"),
    close: t("documents.search.close"),
  };
}

function accessOf(editable: boolean) {
  return [EditorState.readOnly.of(!editable), EditorView.editable.of(editable)];
}
