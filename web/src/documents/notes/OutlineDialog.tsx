/** The notes' headings as a way through them, with how much there is. */
import { Text } from "@mantine/core";
import type { Editor } from "@tiptap/react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { Dialog } from "../../ui/Dialog";
import { summaryOf } from "./outline";

interface OutlineDialogProps {
  editor: Editor;
  opened: boolean;
  onClose: () => void;
}

function Outline({ editor, onClose }: Omit<OutlineDialogProps, "opened">) {
  const { t, i18n } = useTranslation();
  // As it was when it was opened: it is looked at, not kept open.
  const summary = useMemo(() => summaryOf(editor.state.doc, i18n.language), [editor, i18n]);
  const top = Math.min(...summary.headings.map(({ level }) => level));
  const go = (position: number) => {
    onClose();
    editor.chain().setTextSelection(position + 1).run();
    const shown = editor.view.nodeDOM(position);
    if (shown instanceof HTMLElement) shown.scrollIntoView({ block: "start" });
    // The dialog gives the focus back first.
    setTimeout(() => editor.commands.focus(undefined, { scrollIntoView: false }), 50);
  };
  return (
    <>
      <Text size="sm" c="dimmed">
        {t("notes.outline.words", { count: summary.words })}
        {summary.tasks > 0 &&
          ` · ${t("notes.outline.tasks", { done: summary.tasksDone, count: summary.tasks })}`}
      </Text>
      {summary.headings.length === 0 ? (
        <Text size="sm" mt="md">
          {t("notes.outline.empty")}
        </Text>
      ) : (
        <ul className="fm-outline">
          {summary.headings.map(({ text, level, position }) => (
            <li key={position} style={{ paddingInlineStart: `${(level - top) * 1.1}rem` }}>
              <button type="button" onClick={() => go(position)}>
                <bdi>{text}</bdi>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

export function OutlineDialog({ opened, onClose, editor }: OutlineDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={t("notes.outline.title")}
      centered
    >
      <Outline editor={editor} onClose={onClose} />
    </Dialog>
  );
}
