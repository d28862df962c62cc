/** A whiteboard on the stage. */
import "../styles/board.css";

import { useMemo, useRef, useState } from "react";

import { DocumentView } from "../documents/DocumentView";
import { useObservable, usePart } from "../session/hooks";
import type { StageViewProps } from "../stage/kinds";
import { FIRST_PAGE } from "./binding/pages";
import type { Kept } from "./BoardCanvas";
import BoardEditor from "./BoardEditor";
import { type BoardPlace, PlaceContext } from "./context";
import type { Past } from "./past";
import { usePictures } from "./usePictures";

export default function BoardView({ id, editable, title, active, ...rest }: StageViewProps) {
  const { conference } = rest;
  const stage = useObservable(conference.stage.shown);
  const person = usePart(conference.status, (status) => status.person);
  const handle = usePictures(conference);
  const shown = stage.kind === "board" && stage.id === id && stage.by !== person;
  const shownBy = shown ? stage.by : "";
  const [wanted, open] = useState(FIRST_PAGE);
  const kept = useRef(new Map<string, Kept>());
  const pasts = useRef(new Map<string, Past>());
  const place = useMemo<BoardPlace>(
    () => ({
      conference, id, title, active, shownBy, handle, wanted, open, kept, pasts,
    }),
    [conference, id, title, active, shownBy, handle, wanted],
  );
  return (
    <PlaceContext value={place}>
      <DocumentView {...rest} document={id} live={editable} Editor={BoardEditor} />
    </PlaceContext>
  );
}
