/**
 * Slides dropped on the stage become decks, unless what they fall on takes them itself. All other
 * files are left to the room, which shares them (`files/useDrop.ts`).
 */
import { useRef, useState, type DragEvent } from "react";

function brings(event: DragEvent): boolean {
  return event.dataTransfer.types.includes("Files");
}

const SLIDES = /^application\/(?:pdf|vnd\.(?:openxmlformats|oasis\.opendocument).*)$/u;
/** Notes and boards take pictures themselves; over slides they become slides. */
const PICTURE = /^image\//u;

export function useDropped(enabled: boolean, onFiles: (files: File[]) => void, pictures: boolean) {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  const end = () => {
    depth.current = 0;
    setOver(false);
  };
  const wanted = (event: DragEvent) => {
    if (!enabled || !brings(event)) return false;
    const items = [...event.dataTransfer.items];
    return items.some(({ type }) => SLIDES.test(type) || (pictures && PICTURE.test(type)));
  };
  return {
    over,
    handlers: {
      onDragEnter: (event: DragEvent) => {
        if (!wanted(event)) return;
        event.preventDefault();
        depth.current += 1;
        setOver(true);
      },
      onDragLeave: () => {
        depth.current -= 1;
        if (depth.current <= 0) end();
      },
      onDragOver: (event: DragEvent) => {
        if (wanted(event)) event.preventDefault();
      },
      onDrop: (event: DragEvent) => {
        end();
        if (event.defaultPrevented || !wanted(event)) return;
        event.preventDefault();
        const files = [...event.dataTransfer.files];
        onFiles(files.filter(({ type }) => pictures || !PICTURE.test(type)));
      },
    },
  };
}
