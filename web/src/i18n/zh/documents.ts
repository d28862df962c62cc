import type { Translation } from "../en";

export const documents: Translation["documents"] = {
  notesLabel: "共享笔记",
  padLabel: "共享纯文本",
  notesPlaceholder: "一起写笔记。房间里的每个人都会立即看到。",
  padPlaceholder: "给房间里所有人的纯文本。",
  saved: "已保存",
  saving: "正在保存…",
  waiting: "保留在此，稍后保存",
  failed: "有一处编辑没有保存",
  loading: "正在打开…",
  others_other: "还有 {{count}} 人在这里",
  copies: "“{{title}}”的副本",
  copied: "已复制",
  copy_rich: "复制为 Markdown",
  copy_text: "复制文字",
  print: "打印",
  toolbar: "文本样式",
  readOnly: "在此窗口重新连接之前，只能阅读。",
};
