/** A picture of the room as an address that only this page can read. */
import { useContext, useEffect, useMemo, useState } from "react";

import { PicturesContext } from "./pictures";

export type Shown = { state: "loading" | "failed" } | { state: "shown"; address: string };

export function usePicture(file: string): { shown: Shown; again: () => void } {
  const pictures = useContext(PicturesContext);
  const [shown, setShown] = useState<Shown>({ state: "loading" });
  const [turn, setTurn] = useState(0);
  const wanted = useMemo(() => ({ file, turn }), [file, turn]);
  useEffect(() => {
    if (pictures === null || wanted.file === "") {
      setShown({ state: "failed" });
      return undefined;
    }
    let address: string | undefined;
    let over = false;
    setShown({ state: "loading" });
    pictures.fetch(wanted.file).then(
      (data) => {
        // A picture only: whatever else came from the room is not drawn.
        if (over) return;
        if (!/^image\/(?:png|jpeg|gif|webp|avif)$/u.test(data.type)) {
          setShown({ state: "failed" });
          return;
        }
        address = URL.createObjectURL(data);
        setShown({ state: "shown", address });
      },
      () => {
        if (!over) setShown({ state: "failed" });
      },
    );
    return () => {
      over = true;
      if (address !== undefined) URL.revokeObjectURL(address);
    };
  }, [pictures, wanted]);
  return { shown, again: () => setTurn((before) => before + 1) };
}
