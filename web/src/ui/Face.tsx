/** A person's initials on the person's colour. Decoration: the name always stands beside it. */
import { initialsOf } from "../lib/colour";
import { useColourOf } from "./colours";

interface FaceProps {
  person: string;
  name: string;
  faded?: boolean;
  small?: boolean;
}

export function Face({ person, name, faded = false, small = false }: FaceProps) {
  const colourOf = useColourOf();
  return (
    <span
      className="fm-face"
      data-faded={faded || undefined}
      data-small={small || undefined}
      style={{ backgroundColor: colourOf(person) }}
      aria-hidden="true"
    >
      {initialsOf(name)}
    </span>
  );
}
