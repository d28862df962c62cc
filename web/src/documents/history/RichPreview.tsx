/** A version of the notes, to be read; coloured by who wrote what, or by what is gone since. */
import { RICH_FIELD } from "@folkmoot/client";
import { Extension, getSchema } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { Plugin } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { EditorContent, useEditor } from "@tiptap/react";
import { initProseMirrorDoc } from "@tiptap/y-tiptap";
import { memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import * as Y from "yjs";

import { ImageMounts } from "../notes/imageMounts";
import { Images } from "../notes/ImageView";
import { LONG_FROM } from "../notes/limits";
import { noteExtensions } from "../notes/schema";
import { standIns, UnknownWatch } from "../notes/unknown";
import { keptOf, knownAuthor, placedIn, runsOf, textsOf } from "./authors";
import type { PreviewProps } from "./kinds";

function decorations(doc: Node, props: PreviewProps): DecorationSet {
  const texts = textsOf(props.ydoc.getXmlFragment(RICH_FIELD));
  if (props.show === "authors") {
    const made = placedIn(doc, runsOf(texts)).map(({ from, to, run }) => {
      const { name, color } = knownAuthor(props.authors, run.number, props.colourOf);
      return Decoration.inline(from, to, {
        class: "fm-author",
        style: `--fm-person: ${color}`,
        ...(name !== "" && { title: name }),
      });
    });
    return DecorationSet.create(doc, made);
  }
  if (props.show === "gone" && props.now !== null) {
    const made = placedIn(doc, keptOf(texts, props.now))
      .filter(({ run }) => run.gone)
      .map(({ from, to }) => Decoration.inline(from, to, { nodeName: "del", class: "fm-gone" }));
    return DecorationSet.create(doc, made);
  }
  return DecorationSet.empty;
}

/** Starts with a finished document instead of one that is read from HTML. */
function holding(fragment: Y.XmlFragment, decorate: (doc: Node) => DecorationSet) {
  return Extension.create({
    name: "holding",
    onBeforeCreate() {
      const editor: { createDoc?: () => Node; createNodeViews?: () => void } = Object(this.editor);
      editor.createNodeViews = () => undefined;
      editor.createDoc = () => initProseMirrorDoc(fragment, this.editor.schema).doc;
    },
    addProseMirrorPlugins() {
      let made: { doc: Node; set: DecorationSet } | null = null;
      return [
        new Plugin({
          props: {
            decorations: ({ doc }) => {
              if (made?.doc !== doc) made = { doc, set: decorate(doc) };
              return made.set;
            },
          },
        }),
      ];
    },
  });
}

function RichPreview(props: PreviewProps) {
  const { ydoc } = props;
  const { t } = useTranslation();
  const images = useMemo(() => new ImageMounts(), []);
  const known = useMemo(() => {
    const options = { taskLabel: () => "", mendsTables: () => false, imageView: images.view };
    const schema = getSchema(noteExtensions(options));
    // A copy: what has no place in the schema is deleted while it is read.
    const copy = new Y.Doc();
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(ydoc));
    const fragment = copy.getXmlFragment(RICH_FIELD);
    const watch = new UnknownWatch(fragment, schema);
    watch.destroy();
    return { options, fragment, found: watch.found };
  }, [ydoc, images]);
  const empty = known.fragment.length === 0;
  const long = known.fragment.length > LONG_FROM;
  const extensions = useMemo(
    () => [
      ...noteExtensions(known.options),
      ...standIns(known.found, t("notes.unknown")),
      ...(empty ? [] : [holding(known.fragment, (doc) => decorations(doc, props))]),
    ],
    [known, empty, props, t],
  );
  const label = t("history.preview");
  const editor = useEditor(
    {
      editable: false,
      extensions,
      editorProps: {
        attributes: {
          // What is far out of sight is neither laid out nor drawn.
          class: long ? "fm-prose fm-long" : "fm-prose",
          role: "document",
          "aria-label": label,
          tabindex: "0",
        },
      },
      onCreate: ({ editor: { view } }) => {
        // Boxes of tasks are only looked at.
        for (const box of view.dom.querySelectorAll("input")) box.disabled = true;
      },
      shouldRerenderOnTransaction: false,
    },
    [extensions, label, long],
  );
  if (known.found.unplaceable) return <p role="alert">{t("notes.unplaceable")}</p>;
  return (
    <>
      <Images mounts={images} editable={false} />
      <EditorContent editor={editor} className="fm-preview-text" />
    </>
  );
}

/** Draws all of a version: only when what it is given changes. */
export default memo(RichPreview);
