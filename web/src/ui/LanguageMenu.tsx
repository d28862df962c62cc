import { Button, Menu } from "@mantine/core";
import { IconLanguage } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { chooseLanguage, currentLanguage, LANGUAGES, type Language } from "../i18n";

export function LanguageItems() {
  useTranslation();
  return Object.entries(LANGUAGES).map(([code, name]) => (
    <Menu.Item
      key={code}
      lang={code}
      role="menuitemradio"
      aria-checked={currentLanguage() === code}
      fw={currentLanguage() === code ? 650 : undefined}
      onClick={() => void chooseLanguage(code as Language)}
    >
      {name}
    </Menu.Item>
  ));
}

export function LanguageMenu() {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-md"
          leftSection={<IconLanguage size={18} stroke={1.7} aria-hidden="true" />}
          aria-label={`${t("app.language")}: ${LANGUAGES[currentLanguage()]}`}
        >
          {LANGUAGES[currentLanguage()]}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <LanguageItems />
      </Menu.Dropdown>
    </Menu>
  );
}
