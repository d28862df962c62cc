import type { Translation } from "../en";

export const offered: Translation["offered"] = {
  title: "这次编辑无法保存",
  text: "文档显示的是大家共有的内容。你的文字在下面，不会丢失：请复制后重新放进去。",
  label: "你的文字",
  copy: "复制文字",
  done: "完成",
  unreadable: "这次编辑不含文字。",
};
