/** Files that are shared in a room, from a view and the events after it. Pure. */
import type { Event } from "../generated/frames.gen";
import { isMap } from "../wire";
import { mapsOf, numberOf, textOf, type Values, withEntry } from "./values";

export interface SharedFile {
  readonly id: string;
  readonly name: string;
  /** The type by its content. */
  readonly type: string;
  readonly bytes: number;
  /** Who shared it: the person, and what they were called then. */
  readonly person: string;
  readonly by: string;
  readonly sharedMs: number;
  /** Of a picture, in pixels; else 0. */
  readonly width: number;
  readonly height: number;
  /** Whether there is a small picture of it. */
  readonly preview: boolean;
}

/** Oldest first. */
export type FileList = readonly SharedFile[];

export const NO_FILES: FileList = [];

function fileOf(value: Values): SharedFile | null {
  const id = textOf(value["file"]);
  if (id === "") return null;
  return {
    id,
    name: textOf(value["name"]),
    type: textOf(value["type"]),
    bytes: numberOf(value["bytes"]),
    person: textOf(value["person"]),
    by: textOf(value["by"]),
    sharedMs: numberOf(value["shared_ms"]),
    width: numberOf(value["width"]),
    height: numberOf(value["height"]),
    preview: value["preview"] === true,
  };
}

export function filesOfView(view: unknown): FileList {
  if (!isMap(view)) return NO_FILES;
  return mapsOf(view["files"])
    .map(fileOf)
    .filter((file) => file !== null);
}

export function filesAfter(files: FileList, event: Event): FileList {
  if (!isMap(event.body)) return files;
  if (event.type === "removed") {
    const id = event.body["file"];
    return files.filter((file) => file.id !== id);
  }
  const file = event.type === "stored" ? fileOf(event.body) : null;
  return file === null ? files : withEntry(files, file);
}
