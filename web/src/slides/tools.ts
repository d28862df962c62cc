/** What can be drawn with, and in which colours. */
export const DRAWING_TOOLS = ["pen", "highlighter", "arrow", "box", "ellipse", "text"] as const;
export type DrawingTool = (typeof DRAWING_TOOLS)[number];
/** `hand` turns pages and selects text. */
export type Tool = "hand" | "pointer" | "eraser" | DrawingTool;

export const COLOURS = {
  red: "#d6362b",
  orange: "#c96a00",
  yellow: "#ffd60a",
  green: "#1f8a3b",
  blue: "#1f66d1",
  violet: "#7a3fc4",
  black: "#1b1b1b",
  white: "#ffffff",
} as const;
export type ColourName = keyof typeof COLOURS;
export const COLOUR_NAMES = Object.keys(COLOURS) as ColourName[];

export const WEIGHTS = ["thin", "medium", "thick"] as const;
export type Weight = (typeof WEIGHTS)[number];

/** Units: parts of the page's width; of a text, the height of its letters. */
const WIDTHS: Record<DrawingTool, Record<Weight, number>> = {
  pen: { thin: 0.0020, medium: 0.0040, thick: 0.0080 },
  highlighter: { thin: 0.0120, medium: 0.0200, thick: 0.0320 },
  arrow: { thin: 0.0025, medium: 0.0045, thick: 0.0080 },
  box: { thin: 0.0020, medium: 0.0040, thick: 0.0080 },
  ellipse: { thin: 0.0020, medium: 0.0040, thick: 0.0080 },
  text: { thin: 0.0200, medium: 0.0300, thick: 0.0460 },
};

export function widthOf(tool: DrawingTool, weight: Weight): number {
  return WIDTHS[tool][weight];
}

export function draws(tool: Tool): tool is DrawingTool {
  return (DRAWING_TOOLS as readonly string[]).includes(tool);
}

/** Strokes go through many points; the others have a first and a last one. */
export function isStroke(tool: Tool): boolean {
  return tool === "pen" || tool === "highlighter";
}
