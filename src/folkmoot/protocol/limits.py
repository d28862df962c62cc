"""Bounds that server and clients share. Units are the last word of each name."""

from __future__ import annotations

from typing import Final

PROTOCOL_VERSION: Final = 1
"""Spoken in the first frame; a server refuses another with `version_unsupported`."""

FRAME_BYTES_MAX: Final = 256 * 1024
"""Largest WebSocket message a client may send."""

OPERATION_BYTES_MAX: Final = 128 * 1024
"""Largest encoded body of one operation."""

LIVE_BYTES_MAX: Final = 16 * 1024
"""Largest encoded body of one ephemeral message (caret, typing, pointer)."""

NAME_CHARACTERS_MAX: Final = 64
TITLE_CHARACTERS_MAX: Final = 120
CHAT_CHARACTERS_MAX: Final = 10_000

NESTING_LEVELS_MAX: Final = 64
"""Deepest nesting of shared types in a Yjs update."""

OPERATIONS_IN_FLIGHT_MAX: Final = 256
"""Operations a client may have sent without knowing their outcome; more wait in the client."""

KEEPALIVE_INTERVAL_MS: Final = 2_500
"""A client sends `ping` this often when it has nothing else to send."""

KEEPALIVE_TIMEOUT_MS: Final = 5_000
"""A client that got nothing for so long after a `ping` takes the connection for dead."""

TICKET_LIFETIME_MS: Final = 30_000
SESSION_LIFETIME_MS: Final = 7 * 24 * 3600 * 1000
"""A session that was away for so long is closed."""
