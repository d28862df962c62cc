/** Pasted and dropped content: pictures are taken up, foreign addresses are never loaded. */
import { IMAGES_AT_ONCE_MAX } from "./limits";
import { isAllowedAddress } from "./address";

const EMBEDDED = /^data:(image\/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/=\s]+)$/u;

/** A picture that stands in the text itself, as bytes. */
function embedded(source: string): File | null {
  const found = EMBEDDED.exec(source);
  if (found?.[1] === undefined || found[2] === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(found[2].replace(/\s/gu, "")), (c) => c.charCodeAt(0));
    return new File([bytes], "", { type: found[1] });
  } catch {
    return null;
  }
}

/** Shape: a document that no browser shows, so nothing in it is loaded. */
function parsed(html: string): Document {
  return new DOMParser().parseFromString(html, "text/html");
}

function isOwn(image: Element): boolean {
  return image.hasAttribute("data-file");
}

/** Foreign pictures become links to where they are, embedded ones are left to `picturesIn`. */
export function withoutForeignPictures(html: string): string {
  if (!/<(?:img|picture|svg|video|audio|iframe|object|embed)\b/iu.test(html)) return html;
  const page = parsed(html);
  for (const image of page.querySelectorAll("img")) {
    if (isOwn(image)) {
      image.removeAttribute("src");
      continue;
    }
    const source = image.getAttribute("src") ?? "";
    const text = image.getAttribute("alt")?.trim() ?? "";
    if (isAllowedAddress(source)) {
      const link = page.createElement("a");
      link.href = source;
      link.textContent = text === "" ? source : text;
      image.replaceWith(link);
    } else image.replaceWith(page.createTextNode(embedded(source) ? "" : text));
  }
  for (const other of page.querySelectorAll("source, svg, iframe, object, embed, video, audio")) {
    other.remove();
  }
  return page.body.innerHTML;
}

/** Pictures that a pasted text brings with it as bytes. */
export function picturesIn(html: string): File[] {
  if (!/<img\b/iu.test(html)) return [];
  const images = [...parsed(html).querySelectorAll("img")].filter((image) => !isOwn(image));
  return images
    .flatMap((image) => embedded(image.getAttribute("src") ?? "") ?? [])
    .slice(0, IMAGES_AT_ONCE_MAX);
}

/** Whether the text says more than its pictures: a sheet's cells also come as a picture of them. */
function saysMore(html: string): boolean {
  const { body } = parsed(html);
  return (body.textContent ?? "").trim() !== "" || body.querySelector("table, hr") !== null;
}

export interface Brought {
  files: readonly File[];
  /** Nothing else is to be taken from it. */
  only: boolean;
}

/** What pictures a paste or drop brings. */
export function brought(data: Pick<DataTransfer, "files" | "getData"> | null): Brought {
  if (data === null) return { files: [], only: false };
  const html = data.getData("text/html");
  const files = [...data.files];
  if (files.length > 0 && !saysMore(html)) return { files, only: true };
  return { files: picturesIn(html), only: false };
}
