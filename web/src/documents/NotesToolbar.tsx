/** Buttons for the text's style; one stop of the tab key, arrows go from button to button. */
import { ActionIcon, Tooltip } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconBlockquote,
  IconBold,
  IconCode,
  IconH1,
  IconH2,
  IconH3,
  IconItalic,
  IconList,
  IconListNumbers,
  IconSourceCode,
  IconStrikethrough,
} from "@tabler/icons-react";
import { useEditorState, type Editor } from "@tiptap/react";
import { useState, type ComponentType, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

interface Tool {
  name:
    | "undo" | "redo" | "heading1" | "heading2" | "heading3" | "bold" | "italic" | "strike"
    | "code" | "bullets" | "numbers" | "quote" | "codeBlock";
  Icon: ComponentType<{ size?: number; stroke?: number; "aria-hidden"?: "true" }>;
  keys?: string;
  run: (editor: Editor) => void;
  active?: (editor: Editor) => boolean;
  possible?: (editor: Editor) => boolean;
}

function heading(level: 1 | 2 | 3, Icon: Tool["Icon"]): Tool {
  return {
    name: `heading${level}`,
    Icon,
    run: (editor) => editor.chain().focus().toggleHeading({ level }).run(),
    active: (editor) => editor.isActive("heading", { level }),
  };
}

const GROUPS: readonly (readonly Tool[])[] = [
  [
    {
      name: "undo",
      Icon: IconArrowBackUp,
      keys: "Ctrl+Z",
      run: (editor) => editor.chain().focus().undo().run(),
      possible: (editor) => editor.can().undo(),
    },
    {
      name: "redo",
      Icon: IconArrowForwardUp,
      keys: "Ctrl+Shift+Z",
      run: (editor) => editor.chain().focus().redo().run(),
      possible: (editor) => editor.can().redo(),
    },
  ],
  [heading(1, IconH1), heading(2, IconH2), heading(3, IconH3)],
  [
    {
      name: "bold",
      Icon: IconBold,
      keys: "Ctrl+B",
      run: (editor) => editor.chain().focus().toggleBold().run(),
      active: (editor) => editor.isActive("bold"),
    },
    {
      name: "italic",
      Icon: IconItalic,
      keys: "Ctrl+I",
      run: (editor) => editor.chain().focus().toggleItalic().run(),
      active: (editor) => editor.isActive("italic"),
    },
    {
      name: "strike",
      Icon: IconStrikethrough,
      run: (editor) => editor.chain().focus().toggleStrike().run(),
      active: (editor) => editor.isActive("strike"),
    },
    {
      name: "code",
      Icon: IconCode,
      keys: "Ctrl+E",
      run: (editor) => editor.chain().focus().toggleCode().run(),
      active: (editor) => editor.isActive("code"),
    },
  ],
  [
    {
      name: "bullets",
      Icon: IconList,
      run: (editor) => editor.chain().focus().toggleBulletList().run(),
      active: (editor) => editor.isActive("bulletList"),
    },
    {
      name: "numbers",
      Icon: IconListNumbers,
      run: (editor) => editor.chain().focus().toggleOrderedList().run(),
      active: (editor) => editor.isActive("orderedList"),
    },
    {
      name: "quote",
      Icon: IconBlockquote,
      run: (editor) => editor.chain().focus().toggleBlockquote().run(),
      active: (editor) => editor.isActive("blockquote"),
    },
    {
      name: "codeBlock",
      Icon: IconSourceCode,
      run: (editor) => editor.chain().focus().toggleCodeBlock().run(),
      active: (editor) => editor.isActive("codeBlock"),
    },
  ],
];

const TOOLS = GROUPS.flat();

/** Moves the focus along the buttons that can be pressed. */
function onToolbarKey(event: KeyboardEvent<HTMLElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  const rtl = getComputedStyle(event.currentTarget).direction === "rtl";
  const steps: Record<string, number> = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 };
  const step = steps[event.key];
  const target =
    event.key === "Home" ? 0
    : event.key === "End" ? buttons.length - 1
    : step === undefined || at < 0 ? undefined
    : (at + step + buttons.length) % buttons.length;
  if (target === undefined) return;
  event.preventDefault();
  buttons[target]?.focus();
}

export function NotesToolbar({ editor, disabled }: { editor: Editor; disabled: boolean }) {
  const { t } = useTranslation();
  const [stop, setStop] = useState<Tool["name"]>("undo");
  const states = useEditorState({
    editor,
    selector: ({ editor: now }) =>
      Object.fromEntries(
        TOOLS.map((tool) => [
          tool.name,
          { active: tool.active?.(now) ?? false, possible: tool.possible?.(now) ?? true },
        ]),
      ),
  });
  return (
    // The buttons inside take the focus.
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus
    <div className="fm-toolbar" role="toolbar" aria-label={t("documents.toolbar")}
      onKeyDown={onToolbarKey}>
      {GROUPS.map((group) => (
        <div key={group[0]?.name} className="fm-toolbar-group">
          {group.map(({ name, Icon, keys, run, active }) => {
            const label = t(`documents.${name}`);
            const blocked = disabled || !states[name]?.possible;
            return (
              <Tooltip key={name} label={keys ? `${label} (${keys})` : label} openDelay={400}>
                <ActionIcon
                  variant={states[name]?.active ? "light" : "subtle"}
                  color={states[name]?.active ? undefined : "gray"}
                  size={32}
                  aria-label={label}
                  aria-pressed={active ? (states[name]?.active ?? false) : undefined}
                  aria-disabled={blocked || undefined}
                  data-blocked={blocked || undefined}
                  tabIndex={stop === name ? 0 : -1}
                  onFocus={() => setStop(name)}
                  onClick={() => {
                    if (!blocked) run(editor);
                  }}
                >
                  <Icon size={18} stroke={1.7} aria-hidden="true" />
                </ActionIcon>
              </Tooltip>
            );
          })}
        </div>
      ))}
    </div>
  );
}
