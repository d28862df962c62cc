/** How a finished export is downloaded. */

/** The address of a finished export; who has no ticket for it gets nothing there. */
export function downloadPath(slug: string, id: string, ticket: string): string {
  const path = `/api/v1/rooms/${encodeURIComponent(slug)}/exports/${encodeURIComponent(id)}`;
  return `${path}?${new URLSearchParams({ ticket }).toString()}`;
}

export function save(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}
