import type { Translation } from "../en";

export const board: Translation["board"] = {
  bar: "白板：页面、跟随、副本",
  menu: "白板菜单",
  colours: "颜色",
  opened: "{{page}}，第 {{n}} 页，共 {{count}} 页",
  refused: {
    tooLarge: "此元素太大，无法共享。请拆分或缩小它。",
    foreign: "不能把其他网站的页面放在此白板上。",
  },
  page: {
    numbered: "第 {{n}} 页",
    unnamed: "未命名的页面",
    place: "{{n}} / {{count}}",
    previous: "上一页",
    next: "下一页",
    add: "添加页面",
    rename: "重命名此页",
    name: "页面名称",
    nameHint: "留空则以页码称呼此页。",
    keepName: "重命名",
    duplicate: "复制此页",
    copyOf: "{{page}}（副本）",
    earlier: "前移一位",
    later: "后移一位",
    remove: "移除此页",
    removed: "已为所有人移除“{{page}}”。",
    undoRemove: "恢复",
    restore: "恢复“{{page}}”",
  },
  follow: {
    menu: "跟随某人的视野",
    start: "跟随 {{name}}",
    stop: "正在跟随 {{name}}",
  },
  copy: {
    menu: "下载副本",
    png: "此页为 PNG",
    svg: "此页为 SVG",
    pdf: "所有页面为 PDF",
    excalidraw: "此页为 Excalidraw 文件",
    bring: "插入 Excalidraw 文件…",
  },
  trouble: {
    copy: "无法生成副本。请减少元素，或使用内存更大的设备。",
    bring: "这不是 Excalidraw 文件，或文件已损坏。",
  },
  picture: {
    waiting_other: "正在保存 {{count}} 张图片。",
    refused: "无法保存图片：{{reason}}",
  },
  words: {
    label: "此页内容",
    nothing: "此页还没有内容。",
    elements_other: "{{count}} 个元素。",
    pictures_other: "其中 {{count}} 张图片。",
  },
};
