import { Button, Menu } from "@mantine/core";
import { IconLanguage } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { chooseLanguage, currentLanguage, isLanguage, LANGUAGES, tagOf } from "../i18n";

/** The languages as items of a menu; each is named in itself. */
export function LanguageItems() {
  useTranslation(); // draws again when the language changes
  return (
    <Menu.RadioGroup
      value={currentLanguage()}
      onChange={(language) => {
        if (isLanguage(language)) void chooseLanguage(language);
      }}
    >
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <Menu.RadioItem key={code} value={code} lang={tagOf(code)} closeMenuOnClick>
          {name}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}

export function LanguageMenu() {
  const { t } = useTranslation();
  const name = LANGUAGES[currentLanguage()];
  return (
    <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-md"
          leftSection={<IconLanguage size={18} stroke={1.7} aria-hidden="true" />}
          aria-label={`${t("app.language")}: ${name}`}
        >
          {name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <LanguageItems />
      </Menu.Dropdown>
    </Menu>
  );
}
