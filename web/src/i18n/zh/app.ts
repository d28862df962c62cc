import type { Translation } from "../en";

export const app: Translation["app"] = {
  name: "Folkmoot",
  skip: "跳到正文",
  theme: {
    title: "外观",
    label: "外观：{{mode}}",
    auto: "跟随此设备",
    light: "浅色",
    dark: "深色",
  },
  language: "语言",
  loading: "正在加载…",
};
