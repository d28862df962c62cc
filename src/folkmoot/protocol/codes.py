"""The one table of codes: what is refused, why, and what a client should do.

Four kinds share the table, for a person reads the same sentence whichever way it arrives:
`REJECTION` is the outcome of one operation, decided by the log; `FAULT` answers a request or a
frame and leaves the connection open; `CLOSE` ends the connection with a WebSocket close code;
`ENDING` says why a session was closed, beside the code `session_closed`.
The TypeScript table is generated from this file.
"""

from __future__ import annotations

import enum
from typing import Final

import msgspec


class Kind(enum.Enum):
    REJECTION = "rejection"
    FAULT = "fault"
    CLOSE = "close"
    ENDING = "ending"


class Code(msgspec.Struct, frozen=True):
    """One code.

    Shape: `name` goes over the wire; `close` is the WebSocket close code of kind CLOSE, else 0;
    `reconnect` says whether a client should come back by itself.
    """

    name: str
    kind: Kind
    message: str
    issued_when: str
    client_should: str
    close: int = 0
    reconnect: bool = False


def _rejection(name: str, message: str, when: str, should: str) -> Code:
    return Code(name, Kind.REJECTION, message, when, should)


def _fault(name: str, message: str, when: str, should: str) -> Code:
    return Code(name, Kind.FAULT, message, when, should)


def _ending(name: str, message: str, when: str, should: str) -> Code:
    return Code(name, Kind.ENDING, message, when, should)


def _close(
    name: str, number: int, message: str, when: str, should: str, *, reconnect: bool
) -> Code:
    return Code(name, Kind.CLOSE, message, when, should, number, reconnect)


_SHOW: Final = "Show the message; the operation had no effect."

CODES: Final[tuple[Code, ...]] = (
    # Outcomes of operations (decided by the log, the same on every server)
    _rejection(
        "malformed",
        "This could not be understood and was not saved.",
        "the body does not fit the operation's type",
        _SHOW,
    ),
    _rejection(
        "too_large",
        "This is too large to be saved.",
        "the encoded body is over the limit",
        "Offer to shorten or split it.",
    ),
    _rejection(
        "unknown_application",
        "This room does not have that feature.",
        "no application of that name at this level",
        _SHOW,
    ),
    _rejection(
        "unknown_operation",
        "This room does not know how to do that.",
        "no operation of that name at this level",
        _SHOW,
    ),
    _rejection(
        "not_allowed",
        "Your role does not allow that.",
        "the role at this position lacks the right",
        _SHOW,
    ),
    _rejection("empty", "There is nothing to save.", "a required text is empty", _SHOW),
    _rejection(
        "not_found",
        "What this refers to is no longer there.",
        "the target does not exist at this position",
        _SHOW,
    ),
    _rejection(
        "too_old",
        "This is too old to be changed.",
        "a message lies so far back that its final form is in the room's history",
        _SHOW,
    ),
    _rejection(
        "exists", "Something with this name is already there.", "an id or name is taken", _SHOW
    ),
    _rejection(
        "limit_reached",
        "This room cannot hold more of that.",
        "a quota of the conference is used up",
        _SHOW,
    ),
    _rejection(
        "changed_meanwhile",
        "Somebody was quicker: this has changed meanwhile.",
        "the target is no longer in the state that the operation is for",
        "Show how it is now; the operation had no effect.",
    ),
    _rejection(
        "poll_not_open",
        "This poll is not open.",
        "a vote for a poll that is not started, or over at this position's time",
        _SHOW,
    ),
    _rejection(
        "voted_already",
        "You have voted already, and this poll does not let a vote be changed.",
        "a second vote of one person",
        _SHOW,
    ),
    _rejection(
        "document_clock",
        "This edit does not follow your last saved edit.",
        "the clocks of a document update do not continue the author's",
        "Rebuild the document from its confirmed state and offer the text.",
    ),
    _rejection(
        "document_owner",
        "This edit was made under somebody else's name.",
        "a document update holds structs of another Yjs client id",
        "Rebuild the document from its confirmed state.",
    ),
    _rejection(
        "document_invalid",
        "This edit is damaged and was not saved.",
        "a document update is malformed or nested too deep",
        "Rebuild the document from its confirmed state and offer the text.",
    ),
    _rejection(
        "document_full",
        "This document is full. Delete something first, or go on in another document.",
        "an edit that adds to a document which takes DOCUMENT_BYTES_MAX to open",
        "Rebuild the document from its confirmed state and offer the text; deletions are taken.",
    ),
    # Answers to a request or a frame
    _fault(
        "attach_refused",
        "Another connection of this session came first.",
        "the generation is not the next one",
        "Attach again with the generation after the one that is told.",
    ),
    _fault(
        "request_unknown",
        "The server does not know this request.",
        "`get` names an unknown query",
        "Report it; it is a bug or an old server.",
    ),
    _fault(
        "request_failed",
        "The server could not answer this just now.",
        "a query failed or timed out",
        "Try again in a second.",
    ),
    _fault(
        "live_dropped",
        "Live signals were too many and some were dropped.",
        "ephemeral messages over the rate or size",
        "Send fewer.",
    ),
    # Ends of a connection
    _close(
        "going_away",
        4000,
        "The server is restarting.",
        "a planned stop",
        "Attach to another server at once.",
        reconnect=True,
    ),
    _close(
        "taken_over",
        4001,
        "This session went on in another window.",
        "a later attachment of the same session was accepted",
        "Stop; offer to take it back.",
        reconnect=False,
    ),
    _close(
        "session_closed",
        4002,
        "You have left this room.",
        "the session left, was removed or expired",
        "Join again; operations above `last` never took effect.",
        reconnect=False,
    ),
    _close(
        "frame_malformed",
        4003,
        "The server could not read what this page sent.",
        "a frame is not valid MessagePack, of no known type, or out of turn",
        "Report it and stop; sending it again cannot help.",
        reconnect=False,
    ),
    _close(
        "version_unsupported",
        4004,
        "This page is of another version than the server.",
        "the protocol version in the first frame is not spoken",
        "Reload the page.",
        reconnect=False,
    ),
    _close(
        "frame_too_large",
        4005,
        "This page sent more than the server takes at once.",
        "a frame over FRAME_BYTES_MAX",
        "Report it and stop.",
        reconnect=False,
    ),
    _close(
        "token_invalid",
        4006,
        "This link or session is not valid here.",
        "a ticket or session token is forged, or for another zone",
        "Join again.",
        reconnect=False,
    ),
    _close(
        "token_expired",
        4007,
        "This sign-in took too long and has expired.",
        "a ticket or session token is over its time, or its session is forgotten",
        "Join again.",
        reconnect=False,
    ),
    _close(
        "ticket_used",
        4008,
        "This ticket was already used.",
        "a second use of a one-use ticket",
        "Join again.",
        reconnect=False,
    ),
    _close(
        "too_slow",
        4009,
        "Your connection could not keep up and is being renewed.",
        "the send queue of the client is full",
        "Attach again; nothing is lost.",
        reconnect=True,
    ),
    _close(
        "too_many_operations",
        4010,
        "Too much was sent at once.",
        "operations far over the session's rate, or a counter beyond the next expected",
        "Attach again and send in order, slower.",
        reconnect=True,
    ),
    _close(
        "too_many_rejections",
        4011,
        "Too many refused actions in a row.",
        "a session collects rejections faster than allowed",
        "Stop; a person may join again.",
        reconnect=False,
    ),
    _close(
        "not_attached",
        4012,
        "The connection said nothing in time.",
        "no valid first frame within 10 s",
        "Attach again.",
        reconnect=True,
    ),
    _close(
        "conference_unavailable",
        4013,
        "This room cannot be opened just now.",
        "a replica could not be loaded, or is fenced",
        "Try again with back-off, on another server too.",
        reconnect=True,
    ),
    _close(
        "server_busy",
        4014,
        "This server is full.",
        "an admission limit is reached",
        "Attach to another server.",
        reconnect=True,
    ),
    _close(
        "half_open",
        4015,
        "The connection went silent.",
        "no keepalive answer in time",
        "Attach again.",
        reconnect=True,
    ),
    _close(
        "unknown_room",
        4016,
        "There is no such room.",
        "the conference of the token does not exist",
        "Check the link.",
        reconnect=False,
    ),
    _close(
        "server_outdated",
        4017,
        "This room needs a newer server.",
        "the conference came to a level that the server does not know",
        "Attach to another server at once.",
        reconnect=True,
    ),
    _close(
        "banned",
        4018,
        "You were removed from this room and cannot come back.",
        "the person, or the device they come with, is banned; also an ending",
        "Say so; do not offer to join again.",
        reconnect=False,
    ),
    _close(
        "room_locked",
        4019,
        "This room is locked. Ask somebody inside to unlock it.",
        "somebody new joins a locked room",
        "Offer to try again.",
        reconnect=False,
    ),
    _close(
        "room_full",
        4020,
        "This room is full. Try again when somebody has left.",
        "the room holds as many people as its hosts allow",
        "Offer to try again.",
        reconnect=False,
    ),
    _close(
        "room_ended",
        4021,
        "This meeting is over. It opens again when a host comes back.",
        "a host ended the room, or it was empty for long enough",
        "Offer to try again.",
        reconnect=False,
    ),
    _close(
        "passcode_needed",
        4022,
        "This room has a passcode. Ask who invited you.",
        "the ticket brings no passcode",
        "Ask for the passcode and join with it.",
        reconnect=False,
    ),
    _close(
        "passcode_wrong",
        4023,
        "That passcode is not right.",
        "the ticket brings another passcode",
        "Ask again.",
        reconnect=False,
    ),
    _close(
        "passcode_throttled",
        4024,
        "Too many wrong passcodes. Wait a minute and try again.",
        "too many wrong passcodes from this address",
        "Ask again after a minute.",
        reconnect=False,
    ),
    # Why a session was closed (`reason` of `bye`)
    _ending("left", "You have left this room.", "the person left", "Offer to join again."),
    _ending(
        "removed",
        "You were removed from this room.",
        "somebody who runs the room removed the person",
        "Offer to join again.",
    ),
    _ending(
        "denied",
        "You were not let in.",
        "somebody who runs the room sent the person away from the lobby",
        "Offer to join again.",
    ),
    _ending(
        "ended",
        "This meeting is over.",
        "a host ended the room for everyone, or it was empty for long enough",
        "Offer the way home.",
    ),
    _ending(
        "expired",
        "You were away for too long. Join again.",
        "the session was away for its whole lifetime",
        "Offer to join again.",
    ),
    _ending(
        "restored",
        "The room was restored from a backup that is older than this. Join again.",
        "the log is older than what the client was told",
        "Join again.",
    ),
)

BY_NAME: Final[dict[str, Code]] = {code.name: code for code in CODES}


def message_of(name: str) -> str:
    """The sentence for a code; the name itself when a newer peer sent one unknown here."""
    code = BY_NAME.get(name)
    return code.message if code else name
