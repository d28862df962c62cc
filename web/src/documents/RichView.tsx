/** Rich notes on the stage. */
import type { StageViewProps } from "../stage/kinds";
import { DocumentView } from "./DocumentView";
import NotesEditor from "./NotesEditor";

export default function RichView({ id, editable, ...rest }: StageViewProps) {
  return <DocumentView {...rest} document={id} kind="rich" live={editable} Editor={NotesEditor} />;
}
