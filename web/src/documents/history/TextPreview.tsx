/** A version of a pad, to be read; coloured by who wrote what, or by what is gone since. */
import { RangeSetBuilder, EditorState } from "@codemirror/state";
import { Decoration, EditorView, lineNumbers, type DecorationSet } from "@codemirror/view";
import { TEXT_FIELD } from "@folkmoot/client";
import { memo, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { keptOf, knownAuthor, placedFrom, runsOf } from "./authors";
import type { PreviewProps } from "./kinds";

const GONE = Decoration.mark({ tagName: "del", class: "fm-gone" });

function decorations(props: PreviewProps): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const texts = [props.ydoc.getText(TEXT_FIELD)];
  if (props.show === "authors") {
    for (const { from, to, run } of placedFrom(runsOf(texts))) {
      const { name, color } = knownAuthor(props.authors, run.number, props.colourOf);
      const attributes = { style: `--fm-person: ${color}`, ...(name !== "" && { title: name }) };
      builder.add(from, to, Decoration.mark({ class: "fm-author", attributes }));
    }
  } else if (props.show === "gone" && props.now !== null) {
    for (const { from, to, run } of placedFrom(keptOf(texts, props.now))) {
      if (run.gone) builder.add(from, to, GONE);
    }
  }
  return builder.finish();
}

function TextPreview(props: PreviewProps) {
  const { ydoc } = props;
  const { t } = useTranslation();
  const host = useRef<HTMLDivElement>(null);
  const label = t("history.preview");
  useEffect(() => {
    if (host.current === null) return undefined;
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: ydoc.getText(TEXT_FIELD).toString(),
        extensions: [
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.lineWrapping,
          EditorView.perLineTextDirection.of(true),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          EditorView.decorations.of(decorations(props)),
          lineNumbers(),
        ],
      }),
    });
    return () => view.destroy();
  }, [ydoc, props, label]);
  return <div ref={host} className="fm-preview-text fm-pad" />;
}

/** Draws all of a version: only when what it is given changes. */
export default memo(TextPreview);
