import type { Translation } from "../en";

export const errors: Translation["errors"] = {
  unreachable: "无法连接到服务器。请检查网络连接后重试。",
  rate: "从这个地址创建或加入房间的次数太多。请等一分钟再试。",
  server: "服务器暂时无法完成。请稍后重试。",
  busy: "房间暂时无法打开。请稍后重试。",
  boundaryTitle: "此页面停止了工作",
  boundaryText: "你输入的内容不会丢失：它保留在此浏览器中，页面恢复后就会发送。",
  boundaryDetails: "技术细节",
  reload: "重新加载页面",
  editorTitle: "无法显示编辑器",
};
