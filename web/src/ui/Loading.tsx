/** Waiting, said in words; the ring turns only where motion is welcome. */
import { Loader } from "@mantine/core";

export function Loading({ text }: { text: string }) {
  return (
    <output className="fm-loading">
      <Loader size="sm" aria-hidden="true" />
      <span>{text}</span>
    </output>
  );
}
