/** The notes' main bar of tools; on narrow screens the rarer ones go into menus. */
import { Menu } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import {
  IconDots,
  IconKeyboard,
  IconLink,
  IconListTree,
  IconPhoto,
  IconPlus,
  IconTypography,
} from "@tabler/icons-react";
import { useEditorState, type Editor } from "@tiptap/react";
import { memo } from "react";
import { useTranslation } from "react-i18next";

import { Toolbar, ToolButton, ToolItem, ToolMenu } from "./Toolbar";
import { HEADINGS, INSERTED, LISTS, MARKS, statesOf, TOOLS, type ToolName } from "./tools";

interface NotesToolbarProps {
  editor: Editor;
  disabled: boolean;
  onLink: () => void;
  /** Missing where the room takes no files. */
  onPictures?: ((files: File[]) => void) | undefined;
  onOutline: () => void;
  onHelp: () => void;
}

/** Units: CSS pixels of the bar, from which on all tools fit beside each other. */
const WIDE_FROM = 700;

function useTools(editor: Editor, disabled: boolean) {
  const { t } = useTranslation();
  const states = useEditorState({ editor, selector: ({ editor: now }) => statesOf(now) });
  return (name: ToolName) => {
    const { Icon, keys, run, active } = TOOLS[name];
    const state = states[name];
    return {
      id: name,
      label: t(`notes.tools.${name}`),
      Icon,
      keys,
      active: active && (state?.active ?? false),
      blocked: disabled || !(state?.possible ?? true),
      onClick: () => void run(editor.chain().focus()).run(),
    };
  };
}

/** Asks for picture files; none when nothing was chosen. */
function choosePictures(): Promise<File[]> {
  return new Promise((chosen) => {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = "image/*";
    input.multiple = true;
    input.addEventListener("change", () => chosen([...(input.files ?? [])]));
    input.click();
  });
}

type Tools = ReturnType<typeof useTools>;

function Buttons({ names, tool }: { names: readonly ToolName[]; tool: Tools }) {
  return (
    <div className="fm-toolbar-group">
      {names.map((name) => (
        <ToolButton key={name} {...tool(name)} />
      ))}
    </div>
  );
}

function Items({ names, tool }: { names: readonly ToolName[]; tool: Tools }) {
  return names.map((name) => <ToolItem key={name} {...tool(name)} />);
}

export const NotesToolbar = memo(function NotesToolbar(props: NotesToolbarProps) {
  const { editor, disabled, onLink, onPictures, onOutline, onHelp } = props;
  const { t } = useTranslation();
  const tool = useTools(editor, disabled);
  const { ref, width } = useElementSize();
  const wide = width === 0 || width >= WIDE_FROM;
  const linked = useEditorState({ editor, selector: ({ editor: now }) => now.isActive("link") });
  const link = {
    label: t("notes.tools.link"),
    Icon: IconLink,
    keys: "Mod-K",
    active: linked,
    blocked: disabled,
    onClick: onLink,
  };
  const outline = { label: t("notes.outline.title"), Icon: IconListTree, onClick: onOutline };
  const help = { label: t("notes.help.title"), Icon: IconKeyboard, onClick: onHelp };
  return (
    <div ref={ref} className="fm-toolbar-frame">
      <Toolbar key={String(wide)} label={t("documents.toolbar")} first="undo">
        <Buttons names={["undo", "redo"]} tool={tool} />
        {wide ? (
          <>
            <Buttons names={HEADINGS} tool={tool} />
            <div className="fm-toolbar-group">
              {MARKS.map((name) => <ToolButton key={name} {...tool(name)} />)}
              <ToolButton id="link" {...link} />
            </div>
            <Buttons names={LISTS} tool={tool} />
          </>
        ) : (
          <>
            <div className="fm-toolbar-group">
              <ToolMenu id="style" label={t("notes.style")} Icon={IconTypography}
                blocked={disabled}>
                <Items names={["text", ...HEADINGS]} tool={tool} />
                <Menu.Divider />
                <Items names={["underline", "strike", "highlight", "code"]} tool={tool} />
                <ToolItem {...link} />
              </ToolMenu>
            </div>
            <Buttons names={["bold", "italic"]} tool={tool} />
            <Buttons names={["bullets", "tasks"]} tool={tool} />
          </>
        )}
        <div className="fm-toolbar-group">
          <ToolMenu id="insert" label={t("notes.insert")} Icon={IconPlus}
            text={wide ? t("notes.insert") : undefined} blocked={disabled}>
            {!wide && <Items names={["numbers"]} tool={tool} />}
            <Items names={["table"]} tool={tool} />
            {onPictures && (
              <ToolItem label={t("notes.tools.picture")} Icon={IconPhoto}
                onClick={() => void choosePictures().then(onPictures)} />
            )}
            <Items names={INSERTED.slice(1)} tool={tool} />
          </ToolMenu>
        </div>
        <span className="fm-spring" />
        {wide ? (
          <div className="fm-toolbar-group">
            <ToolButton id="outline" {...outline} />
            <ToolButton id="help" {...help} />
          </div>
        ) : (
          <ToolMenu id="more" label={t("notes.more")} Icon={IconDots}>
            <ToolItem {...outline} />
            <ToolItem {...help} />
          </ToolMenu>
        )}
      </Toolbar>
    </div>
  );
});
