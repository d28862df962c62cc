"""What a text of a participant may hold, whichever application keeps it."""

from __future__ import annotations

import re
from typing import Final

from folkmoot.conference.application import Rejected

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""C0 and C1 controls but tab and line feed, surrogates, and the bidirectional overrides."""


def clean_text(text: str, characters_max: int) -> str:
    """Refuses what a text field must not hold.

    Only code points are judged, never Unicode categories: those differ between versions of Python,
    and replicas must agree. Normalising happens before the log, at the door.
    Errors: `Rejected` with `empty`, `too_large` or `malformed`.
    """
    if not text.strip(" \t\n"):
        raise Rejected("empty")
    if len(text) > characters_max:
        raise Rejected("too_large", f"At most {characters_max} characters.")
    if _CONTROL.search(text):
        raise Rejected("malformed", "Control characters are not allowed.")
    return text


def clean_name(text: str, characters_max: int) -> str:
    """The same for a text of one line."""
    name = clean_text(text, characters_max)
    if "\n" in name or "\t" in name:
        raise Rejected("malformed", "A name is one line.")
    return name
