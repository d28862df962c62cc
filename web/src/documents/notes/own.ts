/** Tells a person's own changes from what others wrote, for plugins that answer every change. */
import { Plugin, type EditorState, type Transaction } from "@tiptap/pm/state";
import { ySyncPluginKey } from "@tiptap/y-tiptap";

export function isFromOthers(transaction: Transaction): boolean {
  const meta = transaction.getMeta(ySyncPluginKey) as { isChangeOrigin?: boolean } | undefined;
  return meta?.isChangeOrigin === true;
}

type Append = (
  transactions: readonly Transaction[],
  before: EditorState,
  after: EditorState,
) => Transaction | null | undefined;

/** The same plugin, with another way to answer changes. */
export function withAppend(
  plugin: Plugin,
  answer: (append: Append, ...change: Parameters<Append>) => ReturnType<Append>,
): Plugin {
  const { appendTransaction } = plugin.spec;
  if (appendTransaction === undefined) return plugin;
  const append: Append = (...change) => appendTransaction.call(plugin, ...change);
  return new Plugin({
    ...plugin.spec,
    appendTransaction: (...change) => answer(append, ...change),
  });
}
