/** How a version is called in sentences: by its name, or by when it was kept. */
import type { DocumentVersion } from "@folkmoot/client";
import { useTranslation } from "react-i18next";

import { clock, day } from "../../lib/time";

export function useTitleOf(): (version: DocumentVersion) => string {
  const { t, i18n } = useTranslation();
  return ({ name, timeMs }) => {
    const when = t("history.when", {
      day: day(timeMs, i18n.language),
      time: clock(timeMs, i18n.language),
    });
    return name === "" ? when : name;
  };
}
