/** The shared notes: rich text with everyone's carets. */
import { RICH_FIELD } from "@folkmoot/client";
import { Collaboration } from "@tiptap/extension-collaboration";
import { CollaborationCaret } from "@tiptap/extension-collaboration-caret";
import { Placeholder } from "@tiptap/extensions";
import { EditorContent, useEditor } from "@tiptap/react";
import { StarterKit } from "@tiptap/starter-kit";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import type { EditorProps, Writer } from "./DocumentView";
import { NotesToolbar } from "./NotesToolbar";

/** A caret with its owner's name; text only, for names come from others. */
function renderCaret(user: Record<string, unknown>): HTMLElement {
  const { name, color } = user as Partial<Writer>;
  const caret = document.createElement("span");
  caret.className = "fm-caret";
  caret.style.setProperty("--fm-person", safeColour(color));
  const label = document.createElement("span");
  label.className = "fm-caret-name";
  label.textContent = typeof name === "string" ? name.slice(0, 64) : "";
  caret.append(label);
  return caret;
}

function renderSelection(user: Record<string, unknown>): { class: string; style: string } {
  return {
    class: "fm-caret-selection",
    style: `--fm-person: ${safeColour((user as Partial<Writer>).color)}`,
  };
}

/** Others choose their colour's text: only a plain hex colour is let into a style. */
function safeColour(colour: unknown): string {
  return typeof colour === "string" && /^#[0-9a-f]{6}$/iu.test(colour) ? colour : "#5a5953";
}

export default function NotesEditor({ ydoc, awareness, writer, editable }: EditorProps) {
  const { t } = useTranslation();
  const label = t("documents.notesLabel");
  const placeholder = t("documents.notesPlaceholder");
  const editor = useEditor(
    {
      editable,
      extensions: [
        StarterKit.configure({
          undoRedo: false, // the undo manager of the shared document undoes only one's own
          heading: { levels: [1, 2, 3] },
          link: {
            defaultProtocol: "https",
            HTMLAttributes: { rel: "noopener noreferrer nofollow" },
          },
        }),
        Placeholder.configure({ placeholder }),
        Collaboration.configure({ fragment: ydoc.getXmlFragment(RICH_FIELD) }),
        CollaborationCaret.configure({
          provider: { awareness },
          user: writer,
          render: renderCaret,
          selectionRender: renderSelection,
        }),
      ],
      editorProps: {
        attributes: {
          class: "fm-prose",
          role: "textbox",
          "aria-multiline": "true",
          "aria-label": label,
          dir: "auto",
          tabindex: "0", // to scroll by keys when only reading is possible
        },
      },
      shouldRerenderOnTransaction: false,
    },
    [ydoc, label, placeholder],
  );

  // Tiptap may throw away its first instance and make another; the next turn brings that one.
  useEffect(() => {
    if (!editor.isDestroyed) editor.setEditable(editable, false);
  }, [editor, editable]);
  useEffect(() => {
    if (!editor.isDestroyed) editor.commands.updateUser({ ...writer });
  }, [editor, writer]);

  return (
    <div className="fm-editor">
      <NotesToolbar editor={editor} disabled={!editable} />
      <EditorContent editor={editor} className="fm-editor-scroll" />
    </div>
  );
}
