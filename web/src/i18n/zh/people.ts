import type { Translation } from "../en";

export const people: Translation["people"] = {
  count_other: "{{count}} 人在场",
  you: "你",
  host: "主持人",
  here: "在场",
  away: "离开",
  list: "这个房间里的人",
  alone: "还没有其他人。复制链接发给他们吧。",
  tall: "显示更多名单",
};
