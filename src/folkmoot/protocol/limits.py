"""Bounds that server and clients share. Units are the last word of each name."""

from __future__ import annotations

from typing import Final

PROTOCOL_VERSION: Final = 1
"""Spoken in the first frame; a server refuses another with `version_unsupported`."""

PROTOCOL_REVISION: Final = 2
"""The newest frames this code knows: a server sends a client only what that one says it knows.

1 is what 0.1.0 spoke; 2 came with `move`.
"""

FRAME_BYTES_MAX: Final = 256 * 1024
"""Largest WebSocket message a client may send."""

EDITOR_MESSAGE_BYTES_MAX: Final = 2 * 1024 * 1024
"""Largest WebSocket message of an editor that is not ours: a big paste comes in one."""

OPERATION_BYTES_MAX: Final = 128 * 1024
"""Largest encoded body of one operation."""

LIVE_BYTES_MAX: Final = 16 * 1024
"""Largest encoded body of one ephemeral message (caret, typing, pointer)."""

PERSON_COLOURS: Final = 10
"""So many people of a conference have different colours: 1 to this."""

NAME_CHARACTERS_MAX: Final = 64
TITLE_CHARACTERS_MAX: Final = 120
CHAT_CHARACTERS_MAX: Final = 10_000
CHAT_MENTIONS_MAX: Final = 20

CHAT_REACTIONS: Final = ("👍", "❤️", "😂", "🎉", "😮", "😢", "👀", "✅")
"""What a message can be given; one of each by one person."""

DOCUMENT_BYTES_MAX: Final = 16 << 20
"""Of one document as it is opened, without what was deleted; beyond it only deletions are taken."""

VERSIONS_NAMED_MAX: Final = 50
"""Versions of one document that are kept under a name."""

VERSION_NAME_CHARACTERS_MAX: Final = 120

DOCUMENT_PART_BYTES_MAX: Final = 128 * 1024
"""Of a document or a version in one answer; what is larger comes in parts."""

NESTING_LEVELS_MAX: Final = 64
"""Deepest nesting of shared types in a Yjs update."""

OPERATIONS_IN_FLIGHT_MAX: Final = 256
"""Operations a client may have sent without knowing their outcome; more wait in the client."""

KEEPALIVE_INTERVAL_MS: Final = 2_500
"""A client sends `ping` this often when it has nothing else to send."""

KEEPALIVE_TIMEOUT_MS: Final = 5_000
"""A client that got nothing for so long after a `ping` takes the connection for dead."""

TICKET_LIFETIME_MS: Final = 30_000
WAITING_LIFETIME_MS: Final = 60_000
"""Somebody who waits in the lobby and was away for so long waits no more."""

SESSION_LIFETIME_MS: Final = 7 * 24 * 3600 * 1000
"""A session that was away for so long is closed."""

POLLS_MAX: Final = 100
"""Polls of one room, drafts and closed ones included; removing one makes place."""

POLL_OPTIONS_MAX: Final = 30
POLL_TITLE_CHARACTERS_MAX: Final = 500
POLL_OPTION_CHARACTERS_MAX: Final = 200
POLL_TEXT_CHARACTERS_MAX: Final = 280
"""Of one answer in words."""

POLL_DURATION_S_MAX: Final = 7 * 24 * 3600
POLL_POINTS_MAX: Final = 1_000

QUESTIONS_MAX: Final = 500
"""Questions of one room, answered ones included."""

QUESTIONS_OPEN_EACH_MAX: Final = 20
"""Questions of one person that wait for an answer."""

QUESTION_CHARACTERS_MAX: Final = 1_000
ANSWER_CHARACTERS_MAX: Final = 4_000

AGENDA_ITEMS_MAX: Final = 100
AGENDA_TITLE_CHARACTERS_MAX: Final = 200
TIMER_DURATION_MS_MAX: Final = 24 * 3600 * 1000

REACTIONS: Final = ("👍", "👏", "❤️", "😂", "😮", "🎉", "🤔", "👎")
"""What can float; anything else is refused, for a reaction is no way round the chat."""

DECKS_MAX: Final = 20
"""Decks of slides of one room; removing one makes place."""

DECK_PAGES_MAX: Final = 500
NOTE_CHARACTERS_MAX: Final = 4_000
"""Speaker notes of one page."""

DECK_NOTES_CHARACTERS_MAX: Final = 60_000
"""Speaker notes of one deck."""

MARKS_OF_PAGE_MAX: Final = 300
MARK_POINTS_MAX: Final = 1_000
"""Of one stroke over a page; a page's client leaves out those that lie on a line."""

MARK_TEXT_CHARACTERS_MAX: Final = 500

FILE_BYTES_MAX: Final = 200 << 20
"""Of one file that is shared."""

IMAGE_BYTES_MAX: Final = 20 << 20
"""Of one picture in notes or on a board."""

DECK_BYTES_MAX: Final = 100 << 20
"""Of one file that is shown as slides."""

IMAGE_PIXELS_MAX: Final = 50_000_000
"""Width by height of a picture that pages may show."""

FILE_NAME_CHARACTERS_MAX: Final = 150

FILES_MAX: Final = 1_000
"""Files of one room, those within documents and slides included."""

FILES_BYTES_MAX: Final = 2 << 30
"""Of all files of one room together."""
