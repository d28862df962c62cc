/** Files dropped anywhere in the room, unless where they are dropped takes them itself. */
import { useEffect, useRef, useState } from "react";

/** Editors take pictures themselves, and fields take text. */
const TAKES_ITSELF = "[contenteditable=true], .excalidraw, .cm-editor, input, textarea, dialog";

function holdsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") === true;
}

function takesItself(event: DragEvent): boolean {
  return event.target instanceof Element && event.target.closest(TAKES_ITSELF) !== null;
}

/** Files of a drop. Shape: folders are told apart, for their content cannot be read as one. */
function filesOf(transfer: DataTransfer): { files: File[]; folders: string[] } {
  const files: File[] = [];
  const folders: string[] = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const file = item.getAsFile();
    const entry = item.webkitGetAsEntry();
    if (entry?.isDirectory === true) folders.push(entry.name);
    else if (file !== null) files.push(file);
  }
  return { files, folders };
}

/** Whether files are held over the room just now; `onFiles` gets them when they are dropped. */
export function useDrop(
  enabled: boolean,
  onFiles: (files: readonly File[], folders: readonly string[]) => void,
): boolean {
  const [over, setOver] = useState(false);
  const take = useRef(onFiles);
  useEffect(() => {
    take.current = onFiles;
  }, [onFiles]);
  useEffect(() => {
    const drag = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      const ours = !event.defaultPrevented && !takesItself(event);
      setOver(enabled && ours);
      if (!ours) return;
      // A file that nobody takes would open in place of the room.
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = enabled ? "copy" : "none";
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      setOver(false);
      if (!holdsFiles(event) || event.defaultPrevented || takesItself(event)) return;
      event.preventDefault();
      if (!enabled || event.dataTransfer === null) return;
      const { files, folders } = filesOf(event.dataTransfer);
      take.current(files, folders);
    };
    window.addEventListener("dragenter", drag);
    window.addEventListener("dragover", drag);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragenter", drag);
      window.removeEventListener("dragover", drag);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, [enabled]);
  return over;
}
