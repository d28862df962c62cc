/** A file's small picture as an address of this page; null until it is there. */
import type { Conference } from "@folkmoot/client";
import { useEffect, useState } from "react";

export function usePicture(
  files: Pick<Conference["files"], "fetch">,
  id: string | null,
): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (id === null) return undefined;
    let made: string | null = null;
    let over = false;
    files.fetch(id, { preview: true }).then(
      (blob) => {
        if (over) return;
        made = URL.createObjectURL(blob);
        setAddress(made);
      },
      () => undefined, // the icon of its kind stays
    );
    return () => {
      over = true;
      if (made !== null) URL.revokeObjectURL(made);
      setAddress(null);
    };
  }, [files, id]);
  return address;
}
