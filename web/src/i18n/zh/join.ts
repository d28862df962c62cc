import type { Translation } from "../en";

export const join: Translation["join"] = {
  heading: "加入“{{title}}”",
  headingPlain: "加入房间",
  nameLabel: "你的名字",
  nameHint: "其他人会在你写的内容旁看到它。",
  nameMissing: "请输入希望其他人看到的名字。",
  nameTooLong: "名字最多 {{max}} 个字符。",
  submit: "加入",
  submitting: "正在加入…",
  asHost: "你将以主持人身份加入。",
  unknown: "没有这个房间。请检查链接。",
  unknownHint: "链接在复制时很容易被截断。请再要一次链接，或者自己开一个房间。",
  home: "前往首页",
  again: "重试",
  looking: "正在寻找房间…",
};
