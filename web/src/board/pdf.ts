/**
 * Writes a PDF whose pages are pictures. Pure but for the compressing, which browsers bring along.
 *
 * A library would bring fonts, forms and half a megabyte for what are three objects a page.
 * Source: ISO 32000-1, 7.5 (file structure), 8.9.5 (image dictionaries).
 */
export interface PdfPage {
  readonly widthPixels: number;
  readonly heightPixels: number;
  /** Red, green, blue, and what a canvas has besides: four bytes a pixel. */
  readonly pixels: Uint8ClampedArray;
}

/** Points of the paper for a pixel of a picture. */
export const POINTS_A_PIXEL = 0.5;
const PAGE_POINTS_MAX = 14_400;

async function compressed(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function colours(pixels: Uint8ClampedArray): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    rgb[to] = pixels[from] ?? 0;
    rgb[to + 1] = pixels[from + 1] ?? 0;
    rgb[to + 2] = pixels[from + 2] ?? 0;
  }
  return rgb;
}

/** Text of a PDF: UTF-16 in hexadecimal digits, so that nothing in it can be more than text. */
function text(value: string): string {
  const units = Array.from(value, (letter) => letter)
    .flatMap((letter) => letter.split(""))
    .map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
  return `<feff${units.join("")}>`;
}

class File {
  private readonly parts: Uint8Array[] = [];
  private readonly places: number[] = [];
  private length = 0;
  private readonly encoder = new TextEncoder();

  write(...parts: (string | Uint8Array)[]): void {
    for (const part of parts) {
      const bytes = typeof part === "string" ? this.encoder.encode(part) : part;
      this.parts.push(bytes);
      this.length += bytes.length;
    }
  }

  object(number: number, ...parts: (string | Uint8Array)[]): void {
    this.places[number] = this.length;
    this.write(`${number} 0 obj\n`, ...parts, "\nendobj\n");
  }

  finish(root: number, info: number): Blob {
    const start = this.length;
    const count = this.places.length;
    const rows = this.places
      .slice(1)
      .map((place) => `${String(place).padStart(10, "0")} 00000 n \n`);
    this.write(`xref\n0 ${count}\n0000000000 65535 f \n`, ...rows);
    this.write(`trailer\n<< /Size ${count} /Root ${root} 0 R /Info ${info} 0 R >>\n`);
    this.write(`startxref\n${start}\n%%EOF\n`);
    return new Blob(this.parts as Uint8Array<ArrayBuffer>[], { type: "application/pdf" });
  }
}

/** Shape: `pages` are asked for one after the other, so that one picture is in memory at a time. */
export async function pdfOf(
  title: string,
  count: number,
  page: (index: number) => Promise<PdfPage>,
): Promise<Blob> {
  const file = new File();
  file.write("%PDF-1.7\n", Uint8Array.from([0x25, 0xe2, 0xe3, 0xcf, 0xd3, 0x0a]));
  const [root, tree, info] = [1, 2, 3];
  const first = 4;
  const kids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { widthPixels, heightPixels, pixels } = await page(index);
    const bytes = await compressed(colours(pixels));
    const shrink = Math.min(
      POINTS_A_PIXEL,
      PAGE_POINTS_MAX / Math.max(widthPixels, heightPixels),
    );
    const [width, height] = [widthPixels * shrink, heightPixels * shrink].map((n) => n.toFixed(2));
    const number = first + index * 3;
    const drawing = `q ${width} 0 0 ${height} 0 0 cm /I Do Q`;
    kids.push(`${number} 0 R`);
    file.object(
      number,
      `<< /Type /Page /Parent ${tree} 0 R /MediaBox [0 0 ${width} ${height}] ` +
        `/Resources << /XObject << /I ${number + 2} 0 R >> >> /Contents ${number + 1} 0 R >>`,
    );
    file.object(number + 1, `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`);
    file.object(
      number + 2,
      `<< /Type /XObject /Subtype /Image /Width ${widthPixels} /Height ${heightPixels} ` +
        `/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode ` +
        `/Length ${bytes.length} >>\nstream\n`,
      bytes,
      "\nendstream",
    );
  }
  file.object(root, `<< /Type /Catalog /Pages ${tree} 0 R >>`);
  file.object(tree, `<< /Type /Pages /Count ${count} /Kids [${kids.join(" ")}] >>`);
  file.object(info, `<< /Title ${text(title)} /Producer (Folkmoot) >>`);
  return file.finish(root, info);
}
