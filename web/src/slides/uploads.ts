/** Files on their way to become decks, as the stage shows them. Pure. */
import { refusalOf } from "../session/sentence";

export interface Sending {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly done: number;
  /** `taken` until the deck is among the room's slides. */
  readonly phase: "sending" | "examining" | "taken" | "failed";
  /** The deck that it becomes. */
  readonly file: string;
  readonly code: string;
  readonly message: string;
}

export type SendingChange =
  | { readonly type: "began"; readonly id: number; readonly name: string; readonly bytes: number }
  | { readonly type: "progress"; readonly id: number; readonly done: number }
  | { readonly type: "taken"; readonly id: number; readonly file: string }
  | { readonly type: "failed"; readonly id: number; readonly failure: unknown }
  | { readonly type: "refused"; readonly file: string; readonly reason: string }
  | { readonly type: "gone"; readonly id: number };

function changed(
  all: readonly Sending[],
  which: (one: Sending) => boolean,
  parts: Partial<Sending>,
): readonly Sending[] {
  return all.map((one) => (which(one) ? { ...one, ...parts } : one));
}

export function sendingsAfter(all: readonly Sending[], change: SendingChange): readonly Sending[] {
  switch (change.type) {
    case "began": {
      const { id, name, bytes } = change;
      const begun: Sending = {
        id, name, bytes, done: 0, phase: "sending", file: "", code: "", message: "",
      };
      return [...all.filter((one) => one.id !== id), begun];
    }
    case "progress": {
      const { id, done } = change;
      const phase = all.some((one) => one.id === id && done >= one.bytes) ? "examining" : "sending";
      return changed(all, (one) => one.id === id, { done, phase });
    }
    case "taken":
      return changed(all, (one) => one.id === change.id, { phase: "taken", file: change.file });
    case "failed": {
      const { code = "", message = "" } = refusalOf(change.failure);
      if (code === "aborted") return all.filter((one) => one.id !== change.id);
      return changed(all, (one) => one.id === change.id, { phase: "failed", code, message });
    }
    case "refused":
      return changed(all, (one) => one.file === change.file, {
        phase: "failed",
        code: "",
        message: change.reason,
      });
    case "gone":
      return all.filter((one) => one.id !== change.id);
  }
}

/** What the picker of files offers; the servers look at the content. */
export const ACCEPTED = ".pdf,.pptx,.odp,.docx,.odt,.png,.jpg,.jpeg,.webp,.gif";

export function isSlides(name: string): boolean {
  const ending = name.slice(name.lastIndexOf(".")).toLowerCase();
  return ACCEPTED.split(",").includes(ending);
}
