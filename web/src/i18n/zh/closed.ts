import type { Translation } from "../en";

export const closed: Translation["closed"] = {
  suspended: "主持人已暂停所有活动。",
  chat: "主持人对你的角色关闭了聊天。你仍可写给主持人。",
  private_chat: "主持人对你的角色关闭了私信。",
  notes: "主持人对你的角色关闭了笔记。你可以阅读。",
  polls: "主持人对你的角色关闭了投票。",
  questions: "主持人对你的角色关闭了提问。",
  hand: "主持人对你的角色关闭了举手。",
  reactions: "主持人对你的角色关闭了回应。",
  rename: "主持人对你的角色关闭了改名。",
  see_people: "主持人对你的角色关闭了名单：你只看到主持人和自己。",
  export: "主持人对你的角色关闭了导出。",
  whiteboard: "主持人已对你的角色关闭白板。你可以查看。",
  files: "主持人没有对你的角色开放文件分享。你可以下载已有的文件。",
  annotate: "只有演讲者可以在幻灯片上标注，除非主持人向更多人开放。",
};
