/** Light, dark, or as on this device: as a button that goes round, and as items of a menu. */
import {
  ActionIcon,
  Menu,
  Tooltip,
  useMantineColorScheme,
  type MantineColorScheme,
} from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

const NEXT_SCHEME = { auto: "light", light: "dark", dark: "auto" } as const;

export function ThemeToggle() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const label = t("app.theme.label", { mode: t(`app.theme.${colorScheme}`) });
  const Icon = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon }[colorScheme];
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={label}
        onClick={() => setColorScheme(NEXT_SCHEME[colorScheme])}
      >
        <Icon size={19} stroke={1.7} aria-hidden="true" />
      </ActionIcon>
    </Tooltip>
  );
}

const SCHEMES: readonly MantineColorScheme[] = ["auto", "light", "dark"];

export function ThemeItems() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu.RadioGroup
      value={colorScheme}
      onChange={(wanted) => setColorScheme(SCHEMES.find((scheme) => scheme === wanted) ?? "auto")}
    >
      {SCHEMES.map((scheme) => (
        <Menu.RadioItem key={scheme} value={scheme}>
          {t(`app.theme.${scheme}`)}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}
