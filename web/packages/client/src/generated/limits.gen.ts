// Generated from src/folkmoot/protocol by `make web-types`. Do not edit.
/** Spoken in the first frame; a server refuses another with `version_unsupported`. */
export const PROTOCOL_VERSION = 1;
/** Largest WebSocket message a client may send. */
export const FRAME_BYTES_MAX = 262144;
/** Largest encoded body of one operation. */
export const OPERATION_BYTES_MAX = 131072;
/** Largest encoded body of one ephemeral message (caret, typing, pointer). */
export const LIVE_BYTES_MAX = 16384;
export const NAME_CHARACTERS_MAX = 64;
export const TITLE_CHARACTERS_MAX = 120;
export const CHAT_CHARACTERS_MAX = 10000;
/** Deepest nesting of shared types in a Yjs update. */
export const NESTING_LEVELS_MAX = 64;
/** Operations a client may have sent without knowing their outcome; more wait in the client. */
export const OPERATIONS_IN_FLIGHT_MAX = 256;
/** A client sends `ping` this often when it has nothing else to send. */
export const KEEPALIVE_INTERVAL_MS = 2500;
/** A client that got nothing for so long after a `ping` takes the connection for dead. */
export const KEEPALIVE_TIMEOUT_MS = 5000;
export const TICKET_LIFETIME_MS = 30000;
/** A session that was away for so long is closed. */
export const SESSION_LIFETIME_MS = 604800000;
