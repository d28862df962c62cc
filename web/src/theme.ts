/** Colours and shapes. Every pair of text and ground has a contrast of 4.5 or more. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const pine: MantineColorsTuple = [
  "#eef8f3",
  "#dbeee5",
  "#b5dccb",
  "#8cc9af",
  "#64b493",
  "#459d7b",
  "#308465",
  "#226b51",
  "#195541",
  "#103d2e",
];

const stone: MantineColorsTuple = [
  "#faf9f6",
  "#f4f2ee",
  "#eae8e2",
  "#dedbd3",
  "#c9c5bc",
  "#a8a59c",
  "#7d7b73",
  "#5a5953",
  "#3c3b37",
  "#23231f",
];

const night: MantineColorsTuple = [
  "#e3e6e3",
  "#c3c9c5",
  "#a1a9a4",
  "#7d8681",
  "#4b534f",
  "#363d39",
  "#262c29",
  "#1b201e",
  "#141816",
  "#0e1110",
];

const clay: MantineColorsTuple = [
  "#fdf1ee",
  "#f9dfd9",
  "#f1bdb1",
  "#ea9a88",
  "#e37c65",
  "#d9634a",
  "#c64d34",
  "#a93d27",
  "#8a301e",
  "#6a2416",
];

export const theme = createTheme({
  primaryColor: "pine",
  primaryShade: { light: 7, dark: 7 },
  colors: { pine, gray: stone, dark: night, red: clay },
  fontFamily:
    '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", ' +
    '"Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  components: {
    // Its header is a part of the dialog, not another banner of the page.
    Modal: { defaultProps: { attributes: { header: { role: "none" } } } },
  },
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": stone[1],
    "--mantine-color-text": stone[9],
    "--mantine-color-dimmed": "#64635c",
    "--mantine-color-placeholder": "#6f6d66",
    "--mantine-color-error": clay[7],
    "--mantine-color-anchor": pine[7],
    "--mantine-color-pine-light": "#e0efe7",
    "--mantine-color-pine-light-hover": "#d3e8dd",
    "--mantine-color-pine-light-color": pine[8],
    "--fm-surface": "#ffffff",
    "--fm-raised": "#ffffff",
    "--fm-soft": stone[1],
    "--fm-line": "#e3e0d8",
    "--fm-faded": "#76746c",
    "--fm-accent": pine[7],
    "--fm-accent-soft": pine[0],
    "--fm-own": "#e2f1e9",
    "--fm-warn": "#875300",
    "--fm-warn-soft": "#fdf3df",
    "--fm-bad": clay[7],
    "--fm-bad-soft": clay[0],
    "--fm-person-mix": "#000000 6%",
    "--fm-shadow": "0 1px 2px rgb(40 36 24 / 5%), 0 6px 24px rgb(40 36 24 / 5%)",
  },
  dark: {
    "--mantine-color-body": night[8],
    "--mantine-color-text": night[0],
    "--mantine-color-dimmed": "#a1a9a4",
    "--mantine-color-placeholder": "#919a95",
    "--mantine-color-error": clay[3],
    "--mantine-color-anchor": pine[3],
    "--mantine-color-pine-light": "#1e3a30",
    "--mantine-color-pine-light-hover": "#244639",
    "--mantine-color-pine-light-color": pine[2],
    "--fm-surface": night[7],
    "--fm-raised": "#232927",
    "--fm-soft": "#222825",
    "--fm-line": "#2f3632",
    "--fm-faded": "#59615c",
    "--fm-accent": pine[4],
    "--fm-accent-soft": "#1d302a",
    "--fm-own": "#1f3b31",
    "--fm-warn": "#e7b766",
    "--fm-warn-soft": "#352a17",
    "--fm-bad": clay[3],
    "--fm-bad-soft": "#3a211b",
    "--fm-person-mix": "#ffffff 48%",
    "--fm-shadow": "0 1px 2px rgb(0 0 0 / 30%), 0 8px 28px rgb(0 0 0 / 22%)",
  },
});
