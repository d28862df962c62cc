/** Fetches a file that is made while one waits, and says how far it is. */
import { ApiError } from "@folkmoot/client";

/** Shape: `onProgress` hears how many bytes of how many came. Throws `ApiError`. */
export async function fetchMade(
  address: string,
  onProgress: (done: number, of: number) => void,
): Promise<Blob> {
  const answer = await fetch(address).catch(() => {
    throw new ApiError("unreachable", "The server could not be reached.");
  });
  if (!answer.ok) throw await refusal(answer);
  if (answer.body === null) return answer.blob();
  const of = Number(answer.headers.get("content-length"));
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const reader = answer.body.getReader();
  let done = 0;
  for (;;) {
    // Parts come one after the other.
    // oxlint-disable-next-line no-await-in-loop
    const { value, done: over } = await reader.read();
    if (over) return new Blob(parts, { type: "application/pdf" });
    parts.push(value);
    done += value.byteLength;
    onProgress(done, of);
  }
}

async function refusal(answer: Response): Promise<ApiError> {
  const told: unknown = await answer.json().catch(() => null);
  const { code, message } = (told ?? {}) as { code?: unknown; message?: unknown };
  return new ApiError(
    typeof code === "string" ? code : `http_${answer.status}`,
    typeof message === "string" ? message : "This could not be downloaded.",
    answer.status,
  );
}

function follow(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}

/** Keeps what an address gives as a download. */
export function keepLink(address: string): void {
  follow(address, "");
}

/** A made file is let go of when the browser has surely begun to keep it. */
const LET_GO_MS = 60_000;

export function keepBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  follow(address, name);
  setTimeout(() => URL.revokeObjectURL(address), LET_GO_MS);
}
