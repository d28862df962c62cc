// Generated from src/folkmoot/protocol by `make web-types`. Do not edit.
export interface CodeEntry {
  readonly kind: "rejection" | "fault" | "close" | "ending";
  readonly message: string;
  /** WebSocket close code, or 0. */
  readonly close: number;
  /** Whether a client comes back by itself. */
  readonly reconnect: boolean;
}

export const CODES = {
  malformed: {
    kind: "rejection",
    message: "This could not be understood and was not saved.",
    close: 0,
    reconnect: false,
  },
  too_large: {
    kind: "rejection",
    message: "This is too large to be saved.",
    close: 0,
    reconnect: false,
  },
  unknown_application: {
    kind: "rejection",
    message: "This room does not have that feature.",
    close: 0,
    reconnect: false,
  },
  unknown_operation: {
    kind: "rejection",
    message: "This room does not know how to do that.",
    close: 0,
    reconnect: false,
  },
  not_allowed: {
    kind: "rejection",
    message: "Your role does not allow that.",
    close: 0,
    reconnect: false,
  },
  empty: {
    kind: "rejection",
    message: "There is nothing to save.",
    close: 0,
    reconnect: false,
  },
  not_found: {
    kind: "rejection",
    message: "What this refers to is no longer there.",
    close: 0,
    reconnect: false,
  },
  too_old: {
    kind: "rejection",
    message: "This is too old to be changed.",
    close: 0,
    reconnect: false,
  },
  exists: {
    kind: "rejection",
    message: "Something with this name is already there.",
    close: 0,
    reconnect: false,
  },
  limit_reached: {
    kind: "rejection",
    message: "This room cannot hold more of that.",
    close: 0,
    reconnect: false,
  },
  changed_meanwhile: {
    kind: "rejection",
    message: "Somebody was quicker: this has changed meanwhile.",
    close: 0,
    reconnect: false,
  },
  poll_not_open: {
    kind: "rejection",
    message: "This poll is not open.",
    close: 0,
    reconnect: false,
  },
  voted_already: {
    kind: "rejection",
    message: "You have voted already, and this poll does not let a vote be changed.",
    close: 0,
    reconnect: false,
  },
  document_clock: {
    kind: "rejection",
    message: "This edit does not follow your last saved edit.",
    close: 0,
    reconnect: false,
  },
  document_owner: {
    kind: "rejection",
    message: "This edit was made under somebody else's name.",
    close: 0,
    reconnect: false,
  },
  document_invalid: {
    kind: "rejection",
    message: "This edit is damaged and was not saved.",
    close: 0,
    reconnect: false,
  },
  document_full: {
    kind: "rejection",
    message: "This document is full. Delete something first, or go on in another document.",
    close: 0,
    reconnect: false,
  },
  attach_refused: {
    kind: "fault",
    message: "Another connection of this session came first.",
    close: 0,
    reconnect: false,
  },
  request_unknown: {
    kind: "fault",
    message: "The server does not know this request.",
    close: 0,
    reconnect: false,
  },
  request_failed: {
    kind: "fault",
    message: "The server could not answer this just now.",
    close: 0,
    reconnect: false,
  },
  live_dropped: {
    kind: "fault",
    message: "Live signals were too many and some were dropped.",
    close: 0,
    reconnect: false,
  },
  going_away: {
    kind: "close",
    message: "The server is restarting.",
    close: 4000,
    reconnect: true,
  },
  taken_over: {
    kind: "close",
    message: "This session went on in another window.",
    close: 4001,
    reconnect: false,
  },
  session_closed: {
    kind: "close",
    message: "You have left this room.",
    close: 4002,
    reconnect: false,
  },
  frame_malformed: {
    kind: "close",
    message: "The server could not read what this page sent.",
    close: 4003,
    reconnect: false,
  },
  version_unsupported: {
    kind: "close",
    message: "This page is of another version than the server.",
    close: 4004,
    reconnect: false,
  },
  frame_too_large: {
    kind: "close",
    message: "This page sent more than the server takes at once.",
    close: 4005,
    reconnect: false,
  },
  token_invalid: {
    kind: "close",
    message: "This link or session is not valid here.",
    close: 4006,
    reconnect: false,
  },
  token_expired: {
    kind: "close",
    message: "This sign-in took too long and has expired.",
    close: 4007,
    reconnect: false,
  },
  ticket_used: {
    kind: "close",
    message: "This ticket was already used.",
    close: 4008,
    reconnect: false,
  },
  too_slow: {
    kind: "close",
    message: "Your connection could not keep up and is being renewed.",
    close: 4009,
    reconnect: true,
  },
  too_many_operations: {
    kind: "close",
    message: "Too much was sent at once.",
    close: 4010,
    reconnect: true,
  },
  too_many_rejections: {
    kind: "close",
    message: "Too many refused actions in a row.",
    close: 4011,
    reconnect: false,
  },
  not_attached: {
    kind: "close",
    message: "The connection said nothing in time.",
    close: 4012,
    reconnect: true,
  },
  conference_unavailable: {
    kind: "close",
    message: "This room cannot be opened just now.",
    close: 4013,
    reconnect: true,
  },
  server_busy: {
    kind: "close",
    message: "This server is full.",
    close: 4014,
    reconnect: true,
  },
  half_open: {
    kind: "close",
    message: "The connection went silent.",
    close: 4015,
    reconnect: true,
  },
  unknown_room: {
    kind: "close",
    message: "There is no such room.",
    close: 4016,
    reconnect: false,
  },
  server_outdated: {
    kind: "close",
    message: "This room needs a newer server.",
    close: 4017,
    reconnect: true,
  },
  banned: {
    kind: "close",
    message: "You were removed from this room and cannot come back.",
    close: 4018,
    reconnect: false,
  },
  room_locked: {
    kind: "close",
    message: "This room is locked. Ask somebody inside to unlock it.",
    close: 4019,
    reconnect: false,
  },
  room_full: {
    kind: "close",
    message: "This room is full. Try again when somebody has left.",
    close: 4020,
    reconnect: false,
  },
  room_ended: {
    kind: "close",
    message: "This meeting is over. It opens again when a host comes back.",
    close: 4021,
    reconnect: false,
  },
  passcode_needed: {
    kind: "close",
    message: "This room has a passcode. Ask who invited you.",
    close: 4022,
    reconnect: false,
  },
  passcode_wrong: {
    kind: "close",
    message: "That passcode is not right.",
    close: 4023,
    reconnect: false,
  },
  passcode_throttled: {
    kind: "close",
    message: "Too many wrong passcodes. Wait a minute and try again.",
    close: 4024,
    reconnect: false,
  },
  left: {
    kind: "ending",
    message: "You have left this room.",
    close: 0,
    reconnect: false,
  },
  removed: {
    kind: "ending",
    message: "You were removed from this room.",
    close: 0,
    reconnect: false,
  },
  denied: {
    kind: "ending",
    message: "You were not let in.",
    close: 0,
    reconnect: false,
  },
  ended: {
    kind: "ending",
    message: "This meeting is over.",
    close: 0,
    reconnect: false,
  },
  expired: {
    kind: "ending",
    message: "You were away for too long. Join again.",
    close: 0,
    reconnect: false,
  },
  restored: {
    kind: "ending",
    message: "The room was restored from a backup that is older than this. Join again.",
    close: 0,
    reconnect: false,
  },
} as const satisfies Record<string, CodeEntry>;

export type CodeName = keyof typeof CODES;
