import type { Translation } from "../en";

export const stage: Translation["stage"] = {
  add: "添加到舞台",
  newNotes: "新建笔记",
  newPad: "新建文本",
  create: "创建",
  title: "标题",
  titleMissing: "请输入标题。",
  show: "向所有人展示“{{title}}”",
  stop: "停止展示",
  shows: "{{name}}正在展示“{{title}}”",
  youShow: "你正在向所有人展示“{{title}}”",
  shownMark: "正在向所有人展示",
  goBack: "返回",
  presenter: "演讲者",
};
