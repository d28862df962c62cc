import type { Translation } from "../en";

export const ended: Translation["ended"] = {
  takenOverTitle: "你已在另一个窗口继续",
  takenOverText: "此窗口已停止，以免重复发送。你也可以改在这里继续。",
  takenOverAction: "在这里继续",
  leftTitle: "你已离开“{{title}}”",
  leftText: "在那里说过和写过的内容会为其他人保留。凭链接可以再回来。",
  closedTitle: "连接已结束",
  joinAgain: "重新加入",
  reload: "重新加载页面",
};
