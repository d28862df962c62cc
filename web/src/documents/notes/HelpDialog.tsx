/** Keys of the notes, and what can be typed for a style. */
import { useTranslation } from "react-i18next";

import { Dialog } from "../../ui/Dialog";
import { keysShown } from "./keys";
import { HEADINGS, LISTS, MARKS, TABLE_TOOLS, TOOLS, type ToolName } from "./tools";

const KEYED: readonly ToolName[] = [
  "undo", "redo", "text", ...HEADINGS, ...MARKS, ...LISTS, "quote", "codeBlock",
];

/** What is typed at the start of a line, or around words. */
const TYPED = [
  ["#", "heading1"],
  ["##", "heading2"],
  ["-", "bullets"],
  ["1.", "numbers"],
  ["[ ]", "tasks"],
  [">", "quote"],
  ["```", "codeBlock"],
  ["---", "rule"],
  ["**…**", "bold"],
  ["*…*", "italic"],
  ["~~…~~", "strike"],
  ["==…==", "highlight"],
  ["`…`", "code"],
] as const;

function Rows({ rows }: { rows: readonly (readonly [string, string])[] }) {
  return (
    <dl className="fm-help-rows">
      {rows.map(([keys, text]) => (
        <div key={keys + text}>
          <dt>
            <kbd dir="ltr">{keys}</kbd>
          </dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

export function HelpDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const named = (names: readonly ToolName[]) =>
    names.flatMap((name): [string, string][] => {
      const { keys } = TOOLS[name];
      return keys === undefined ? [] : [[keysShown(keys), t(`notes.tools.${name}`)]];
    });
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={t("notes.help.title")}
      centered
      size="xl"
    >
      <div className="fm-help">
        <section>
          <h3>{t("notes.help.text")}</h3>
          <Rows rows={[...named(KEYED), [keysShown("Mod-K"), t("notes.tools.link")]]} />
        </section>
        <section>
          <h3>{t("notes.help.typed")}</h3>
          <Rows rows={TYPED.map(([typed, name]) => [typed, t(`notes.tools.${name}`)] as const)} />
        </section>
        <section>
          <h3>{t("notes.help.table")}</h3>
          <Rows
            rows={[
              ["Tab", t("notes.help.nextCell")],
              [keysShown("Shift-Tab"), t("notes.help.previousCell")],
              ...named(TABLE_TOOLS),
              [keysShown("Mod-Enter"), t("notes.help.below")],
            ]}
          />
        </section>
        <section>
          <h3>{t("notes.help.around")}</h3>
          <Rows
            rows={[
              [keysShown("Alt-F10"), t("notes.help.toToolbar")],
              ["Esc, Tab", t("notes.help.leave")],
              [keysShown("Alt-Shift-ArrowRight"), t("notes.help.wider")],
              [keysShown("Alt-Shift-ArrowLeft"), t("notes.help.narrower")],
              ["F2", t("notes.help.describe")],
            ]}
          />
        </section>
      </div>
    </Dialog>
  );
}
