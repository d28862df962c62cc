/** Copies text; false when the browser does not let us (plain http on a foreign address). */
export async function copyText(text: string): Promise<boolean> {
  if (!("clipboard" in navigator) || !window.isSecureContext) return false;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
