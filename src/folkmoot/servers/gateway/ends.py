"""How the connection of an editor that is not ours ends, and what it is told. Pure.

y-websocket stays away after a code from 4400 to 4499 and comes back after any other. To Hocuspocus
the same is said by messages, for its connection may serve other documents.
"""

from __future__ import annotations

import enum
from typing import Final


class End(enum.Enum):
    """Shape: close code, and the sentence where there is none that fits better."""

    BAD = (4400, "This is not what a Yjs editor sends.")
    UNAUTHORIZED = (4401, "The token is missing, damaged or expired. Ask for a new link.")
    FORBIDDEN = (4403, "This link does not allow it.")
    NOT_FOUND = (4404, "There is no such room or document.")
    RELOAD = (4410, "The document was mended meanwhile. Load the page again.")
    TOO_LARGE = (4413, "This is too large to be taken at once.")
    UNAVAILABLE = (4503, "The room cannot be served just now. Come back soon.")
    GOING_AWAY = (1001, "This server stops. Another one goes on.")

    @property
    def code(self) -> int:
        return self.value[0]

    @property
    def text(self) -> str:
        return self.value[1]

    @property
    def returns(self) -> bool:
        """Whether the editor should come back by itself."""
        return not _STAY_AWAY <= self.code < _STAY_AWAY + 100


_STAY_AWAY: Final = 4400
