/** Where a session stands, for tests. */
import type { Status } from "@folkmoot/client";

export const CONNECTED: Status = {
  phase: "connected",
  server: "collaboration-1",
  reason: null,
  savingPaused: false,
  justReconnected: false,
  unsaved: 0,
  person: "p1",
  number: 1,
  name: "Ada",
  storage: { kept: true, reason: null },
};
