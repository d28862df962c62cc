/** The shared notes: rich text with everyone's carets. */
import { RICH_FIELD } from "@folkmoot/client";
import { getSchema, type Extensions } from "@tiptap/core";
import { Placeholder } from "@tiptap/extensions";
import { EditorContent, useEditor, type Editor } from "@tiptap/react";
import { ySyncPluginKey } from "@tiptap/y-tiptap";
import { memo, useCallback, useContext, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import type { EditorProps } from "./DocumentView";
import { carets } from "./notes/carets";
import { ContextBar } from "./notes/ContextBar";
import { HelpDialog } from "./notes/HelpDialog";
import { ImageMounts } from "./notes/imageMounts";
import { Images } from "./notes/ImageView";
import { LinkDialog } from "./notes/LinkDialog";
import { Manners } from "./notes/manners";
import { NotesToolbar } from "./notes/NotesToolbar";
import { OutlineDialog } from "./notes/OutlineDialog";
import { bound } from "./notes/opened";
import { brought, withoutForeignPictures } from "./notes/pasted";
import { PicturesContext } from "./notes/pictures";
import { noteExtensions } from "./notes/schema";
import { OwnSelection } from "./notes/selection";
import { mendsFor } from "./notes/tables";
import { standIns, UnknownWatch } from "./notes/unknown";
import { UploadPlaces, type ImageUploads } from "./notes/uploads";
import { useUploads } from "./notes/useUploads";

const PLAIN = getSchema(noteExtensions({ taskLabel: () => "", mendsTables: () => false }));

/** Looks after what the schema does not know; the editor is made anew when more of it comes. */
function useUnknown(fragment: Y.XmlFragment): UnknownWatch {
  const watch = useMemo(() => new UnknownWatch(fragment, PLAIN), [fragment]);
  useEffect(() => () => watch.destroy(), [watch]);
  useSyncExternalStore(watch.subscribe, watch.getSnapshot);
  return watch;
}

function NotesEditor(props: EditorProps) {
  const { t } = useTranslation();
  const { ydoc } = props;
  const fragment = useMemo(() => ydoc.getXmlFragment(RICH_FIELD), [ydoc]);
  const watch = useUnknown(fragment);
  const uploads = useUploads(useContext(PicturesContext));
  if (watch.found.unplaceable) {
    return (
      <div className="fm-document-wait">
        <p role="alert">{t("notes.unplaceable")}</p>
      </div>
    );
  }
  const key = `${ydoc.guid} ${watch.getSnapshot()}`;
  return <BoundEditor key={key} {...props} fragment={fragment} watch={watch} uploads={uploads} />;
}

/** Drawn anew only for what it is given: each key also changes what is said of saving. */
export default memo(NotesEditor);

interface BoundProps extends EditorProps {
  fragment: Y.XmlFragment;
  watch: UnknownWatch;
  uploads: ImageUploads;
}

type Dialog = "link" | "help" | "outline";

function useExtensions(
  props: BoundProps,
  images: ImageMounts,
  onLink: () => void,
): Extensions {
  const { awareness, writer, fragment, watch, uploads } = props;
  const { t } = useTranslation();
  return useMemo(
    () => [
      ...noteExtensions({
        taskLabel: (text) => t("notes.task", { text: text.slice(0, 120) }),
        mendsTables: () => mendsFor(awareness),
        imageView: images.view,
      }),
      ...standIns(watch.found, t("notes.unknown")),
      Placeholder.configure({ placeholder: t("documents.notesPlaceholder") }),
      bound(fragment),
      ...carets(awareness, writer),
      OwnSelection,
      Manners.configure({ onLink }),
      UploadPlaces.configure({
        uploads,
        labels: {
          progress: (name) => t("notes.image.progress", { name }),
          cancel: t("room.cancel"),
          again: t("notes.image.again"),
          dismiss: t("notes.image.dismiss"),
        },
      }),
    ],
    // A new name or colour is told by `updateUser`, without a new editor.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [awareness, fragment, watch, uploads, images, onLink, t],
  );
}

/** Takes the pictures of a paste or drop; true when nothing else is to be taken from it. */
function takePictures(uploads: ImageUploads, data: DataTransfer | null, at: number): boolean {
  const { files, only } = brought(data);
  if (files.length > 0) uploads.add(files, at);
  return only;
}

/**
 * Lets nothing through the binding any more, in no direction: it would delete what it does not
 * know, and write the older text over it.
 */
function unbind(editor: Editor): void {
  if (editor.isDestroyed) return;
  const { binding } = ySyncPluginKey.getState(editor.state) as { binding: { mux: unknown } };
  binding.mux = () => undefined;
}

function BoundEditor(props: BoundProps) {
  const { awareness, writer, editable, watch, uploads } = props;
  const { t } = useTranslation();
  const pictures = useContext(PicturesContext);
  const [dialog, setDialog] = useState<Dialog>();
  const images = useMemo(() => new ImageMounts(), []);
  const openLink = useCallback(() => setDialog("link"), []);
  const openHelp = useCallback(() => setDialog("help"), []);
  const openOutline = useCallback(() => setDialog("outline"), []);
  const extensions = useExtensions(props, images, openLink);
  const label = t("documents.notesLabel");
  const editor = useEditor(
    {
      editable,
      extensions,
      editorProps: {
        attributes: {
          class: "fm-prose",
          role: "textbox",
          "aria-multiline": "true",
          "aria-label": label,
          tabindex: "0", // to scroll by keys when only reading is possible
        },
        transformPastedHTML: withoutForeignPictures,
        handlePaste: (view, event) =>
          pictures !== null &&
          view.editable &&
          takePictures(uploads, event.clipboardData, view.state.selection.to),
        handleDrop: (view, event, _, moved) => {
          if (pictures === null || moved || !view.editable) return false;
          const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
          return takePictures(uploads, event.dataTransfer, at?.pos ?? view.state.selection.to);
        },
      },
      shouldRerenderOnTransaction: false,
    },
    [extensions, label],
  );

  // Tiptap may throw away its first instance and make another; the next turn brings that one.
  useEffect(() => {
    if (!editor.isDestroyed) editor.setEditable(editable, false);
    awareness.setLocalStateField("reads", !editable);
  }, [editor, editable, awareness]);
  useEffect(() => {
    if (!editor.isDestroyed) editor.commands.updateUser({ ...writer });
  }, [editor, writer]);
  useEffect(() => watch.bound(() => unbind(editor)), [editor, watch]);

  const takeFiles = useCallback(
    (files: File[]) => uploads.add(files, editor.state.selection.to),
    [uploads, editor],
  );
  const close = () => setDialog(undefined);
  return (
    <div className="fm-editor">
      <NotesToolbar
        editor={editor}
        disabled={!editable}
        onLink={openLink}
        onPictures={pictures === null ? undefined : takeFiles}
        onOutline={openOutline}
        onHelp={openHelp}
      />
      <Images mounts={images} editable={editable} />
      <EditorContent editor={editor} className="fm-editor-scroll" />
      {editable && <ContextBar editor={editor} onLink={openLink} />}
      <LinkDialog editor={editor} opened={dialog === "link"} onClose={close} />
      <OutlineDialog editor={editor} opened={dialog === "outline"} onClose={close} />
      <HelpDialog opened={dialog === "help"} onClose={close} />
    </div>
  );
}
