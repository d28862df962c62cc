import type { Translation } from "../en";

export const invite: Translation["invite"] = {
  open: "按名字邀请",
  text: "此链接只给一个人：对方得到你选定的角色，名字会作为建议，并且不经等候室和口令直接进来。",
  name: "对方的名字",
  role: "对方的角色",
  make: "生成链接",
  link: "给 {{name}} 的链接",
  copy: "复制",
  copied: "已复制",
  failed: "无法生成链接：{{reason}}",
};
