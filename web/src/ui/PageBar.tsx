/** Language and appearance, for the screens outside a room. */
import { LanguageMenu } from "./LanguageMenu";
import { ThemeToggle } from "./ThemeToggle";
import { Mark } from "./Mark";
import { InsecureNotice } from "./site";
import { useTranslation } from "react-i18next";

export function PageBar() {
  const { t } = useTranslation();
  return (
    <>
      <InsecureNotice />
      <header className="fm-pagebar">
        <a className="fm-brand" href="/">
          <Mark />
          <span>{t("app.name")}</span>
        </a>
        <span className="fm-spring" />
        <LanguageMenu />
        <ThemeToggle />
      </header>
    </>
  );
}
