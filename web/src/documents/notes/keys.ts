/** How keys are written for the person's machine. Pure but for asking which one it is. */

function isMac(): boolean {
  return /mac|iphone|ipad/iu.test(navigator.platform);
}

const MAC: Record<string, string> = {
  Mod: "⌘",
  Alt: "⌥",
  Shift: "⇧",
  Enter: "↩",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Backspace: "⌫",
  Delete: "⌦",
};

const OTHERS: Record<string, string> = {
  Mod: "Ctrl",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
};

/** `Mod-Shift-B` as a person reads it. */
export function keysShown(keys: string, mac = isMac()): string {
  const parts = keys.split("-").map((key) => (mac ? MAC[key] : OTHERS[key]) ?? key);
  return parts.join(mac ? "" : "+");
}
