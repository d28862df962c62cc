/** What people see of a file's type and size. */
import {
  IconFile,
  IconFileMusic,
  IconFileSpreadsheet,
  IconFileText,
  IconFileTypePdf,
  IconFileZip,
  IconMovie,
  IconPhoto,
  IconPresentation,
} from "@tabler/icons-react";

type Icon = typeof IconFile;

export type FileKind =
  | "picture"
  | "pdf"
  | "slides"
  | "table"
  | "text"
  | "archive"
  | "sound"
  | "film"
  | "other";

export const KIND_ICONS: Readonly<Record<FileKind, Icon>> = {
  picture: IconPhoto,
  pdf: IconFileTypePdf,
  slides: IconPresentation,
  table: IconFileSpreadsheet,
  text: IconFileText,
  archive: IconFileZip,
  sound: IconFileMusic,
  film: IconMovie,
  other: IconFile,
};

const KINDS: readonly (readonly [RegExp, FileKind])[] = [
  [/^application\/pdf$/u, "pdf"],
  [/presentation|powerpoint/u, "slides"],
  [/spreadsheet|excel/u, "table"],
  [/^text\/|wordprocessing|msword|opendocument\.text|epub/u, "text"],
  [/zip|compressed|x-tar|x-xz|bzip|rar|zstd/u, "archive"],
  [/^image\//u, "picture"],
  [/^audio\//u, "sound"],
  [/^video\//u, "film"],
];

export function kindOf(type: string): FileKind {
  return KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? "other";
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** The size in the largest unit that fits, as the person's language writes it. */
export function sizeOf(bytes: number, language: string): string {
  let value = bytes;
  let step = 0;
  while (value >= 999.5 && step < UNITS.length - 1) {
    value /= 1_000;
    step += 1;
  }
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: UNITS[step],
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}
