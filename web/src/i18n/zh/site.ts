import type { Translation } from "../en";

export const site: Translation["site"] = {
  insecureTitle: "此连接未加密。",
  insecureText: "网络上的其他人可能会看到内容，或以你的名义行事。",
};
