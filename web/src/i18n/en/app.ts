export const app = {
  name: "Folkmoot",
  skip: "Skip to the content",
  theme: {
    title: "Appearance",
    label: "Appearance: {{mode}}",
    auto: "As on this device",
    light: "Light",
    dark: "Dark",
  },
  language: "Language",
  loading: "Loading…",
};
