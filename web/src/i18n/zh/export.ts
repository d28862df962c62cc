import type { Translation } from "../en";

export const exporting: Translation["export"] = {
  title: "导出聊天和笔记",
  text: "一个 ZIP 文件，包含聊天、笔记、文本和在场的人。它只为你生成，一天之内可以下载。",
  formats: "聊天和人员的格式",
  markdown: "Markdown，便于阅读",
  json: "JSON，供程序使用",
  start: "生成文件",
  own: "你的文件",
  waiting: "正在排队…",
  making: "正在生成…",
  makingAgain: "另一台服务器正在重新生成…",
  progress: "第 {{done}} 步，共 {{of}} 步",
  finished: "已完成，{{size}}",
  failed: "无法生成：{{reason}}",
  download: "下载",
  again: "重试",
  asked: "请求于 {{when}}",
  away: "导出服务暂时不在，稍后会自动继续，会议不受影响。",
};
