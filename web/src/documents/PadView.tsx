/** A plain-text pad on the stage. */
import type { StageViewProps } from "../stage/kinds";
import { DocumentView } from "./DocumentView";
import PadEditor from "./PadEditor";

export default function PadView({ id, editable, ...rest }: StageViewProps) {
  return <DocumentView {...rest} document={id} kind="text" live={editable} Editor={PadEditor} />;
}
