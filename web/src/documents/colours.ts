/** Others choose their colour's text: only a plain hex colour is let into a style. */
export function safeColour(colour: unknown): string {
  return typeof colour === "string" && /^#[0-9a-f]{6}$/iu.test(colour) ? colour : "#5a5953";
}
