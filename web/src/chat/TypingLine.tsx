/** Who is writing just now. Not read out: it would interrupt what is. */
import { useTranslation } from "react-i18next";

import { useChat } from "./context";

const NAMED_MAX = 2;

export function TypingLine({ typing }: { typing: readonly string[] }) {
  const { t, i18n } = useTranslation();
  const { nameOf } = useChat();
  let text = "";
  if (typing.length > NAMED_MAX) text = t("chat.typingMany", { count: typing.length });
  else if (typing.length > 0) {
    const names = new Intl.ListFormat(i18n.language).format(typing.map(nameOf));
    text = t("chat.typing", { names, count: typing.length });
  }
  return (
    <p className="fm-typing" aria-hidden="true">
      {text}
    </p>
  );
}
