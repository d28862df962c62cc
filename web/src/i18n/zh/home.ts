import type { Translation } from "../en";

export const home: Translation["home"] = {
  heading: "一起见面、交谈、写作",
  lead: "一个链接，无需账号。即使服务器出故障，你输入的一切也会保留。",
  titleLabel: "这个房间是关于什么的？",
  titlePlaceholder: "每周计划",
  start: "开一个房间",
  starting: "正在创建…",
  titleMissing: "请给房间起个标题，让其他人知道它是关于什么的。",
  titleTooLong: "标题最多 {{max}} 个字符。",
  recent: "此设备上最近的房间",
  host: "主持人",
  opened: "打开于 {{when}}",
  forget: "从列表中移除 {{title}}",
  document: "Folkmoot：一起见面、交谈、写作",
};
