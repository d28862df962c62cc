/** Tools for where the caret is: a table, a link, a block of code. Floats below the text. */
import { NativeSelect } from "@mantine/core";
import { IconExternalLink, IconLinkOff, IconPencil } from "@tabler/icons-react";
import { useEditorState, type Editor } from "@tiptap/react";
import { useTranslation } from "react-i18next";

import { isAllowedAddress } from "./address";
import { Toolbar, ToolButton, useStop } from "./Toolbar";
import { TABLE_TOOLS, TOOLS } from "./tools";

/** Names as programs for colouring know them; shown as they are, in every language of the page. */
const LANGUAGES = [
  "bash", "c", "cpp", "csharp", "css", "go", "html", "java", "javascript", "json", "kotlin",
  "markdown", "php", "python", "ruby", "rust", "sql", "swift", "toml", "typescript", "xml", "yaml",
];

interface Where {
  place: "table" | "link" | "codeBlock" | null;
  href: string;
  language: string;
}

function whereOf(editor: Editor): Where {
  const href: unknown = editor.getAttributes("link")["href"];
  const language: unknown = editor.getAttributes("codeBlock")["language"];
  return {
    place: editor.isActive("link") ? "link"
      : editor.isActive("codeBlock") ? "codeBlock"
      : editor.isActive("table") ? "table"
      : null,
    href: typeof href === "string" && isAllowedAddress(href) ? href : "",
    language: typeof language === "string" ? language.slice(0, 40) : "",
  };
}

function LinkTools({ editor, href, onLink }: { editor: Editor; href: string; onLink: () => void }) {
  const { t } = useTranslation();
  const stop = useStop("open");
  return (
    <>
      {href !== "" && (
        <a {...stop} className="fm-context-link" href={href} target="_blank"
          rel="noopener noreferrer nofollow">
          <IconExternalLink size={16} stroke={1.7} aria-hidden="true" />
          <bdi>{href.replace(/^(?:https?:\/\/|mailto:)/iu, "")}</bdi>
        </a>
      )}
      <ToolButton id="change" label={t("notes.link.change")} Icon={IconPencil} onClick={onLink} />
      <ToolButton id="unlink" label={t("notes.link.remove")} Icon={IconLinkOff}
        onClick={() => editor.chain().focus().extendMarkRange("link").unsetLink().run()} />
    </>
  );
}

function CodeTools({ editor, language }: { editor: Editor; language: string }) {
  const { t } = useTranslation();
  const stop = useStop("language");
  const known = language === "" || LANGUAGES.includes(language);
  return (
    <NativeSelect
      {...stop}
      size="xs"
      aria-label={t("notes.codeLanguage")}
      value={language}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        editor.commands.updateAttributes("codeBlock", { language: chosen === "" ? null : chosen });
      }}
    >
      <option value="">{t("notes.noLanguage")}</option>
      {!known && <option value={language}>{language}</option>}
      {LANGUAGES.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </NativeSelect>
  );
}

function TableTools({ editor }: { editor: Editor }) {
  const { t } = useTranslation();
  return TABLE_TOOLS.map((name) => {
    const { Icon, keys, run } = TOOLS[name];
    return (
      <ToolButton
        key={name}
        id={name}
        label={t(`notes.tools.${name}`)}
        Icon={Icon}
        keys={keys}
        onClick={() => void run(editor.chain().focus()).run()}
      />
    );
  });
}

export function ContextBar({ editor, onLink }: { editor: Editor; onLink: () => void }) {
  const { t } = useTranslation();
  const { place, href, language } = useEditorState({
    editor,
    selector: ({ editor: now }) => whereOf(now),
  });
  if (place === null) return null;
  const linkFirst = href === "" ? "change" : "open";
  return (
    <Toolbar
      key={`${place} ${href === ""}`}
      className="fm-context"
      label={t(`notes.context.${place}`)}
      first={{ table: "rowAbove", link: linkFirst, codeBlock: "language" }[place]}
    >
      {place === "table" && <TableTools editor={editor} />}
      {place === "link" && <LinkTools editor={editor} href={href} onLink={onLink} />}
      {place === "codeBlock" && <CodeTools editor={editor} language={language} />}
    </Toolbar>
  );
}
