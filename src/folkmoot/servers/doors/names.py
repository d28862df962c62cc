"""Names that people give: to themselves and to rooms. Pure.

Names are normalised here, before they reach the log, so that reducers need no Unicode tables. What
could deceive a reader (control characters, invisible and direction-changing ones) does not get
through.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from folkmoot.conference.doors import PASSCODE_CHARACTERS_MAX
from folkmoot.errors import FolkmootError
from folkmoot.protocol.limits import NAME_CHARACTERS_MAX, TITLE_CHARACTERS_MAX

MARKS_IN_A_ROW_MAX: Final = 8
_ZERO_WIDTH_JOINERS: Final = ("\u200c", "\u200d")
_EMOJI_TAIL: Final = "\ufe0f"
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_FIRST_JOINING_SCRIPT: Final = 0x0590
"""Scripts in which the joiners change the spelling begin here (Hebrew, Arabic, Indic, ...)."""


class NameRefused(FolkmootError):
    """The name cannot be used; the message says why and what to do."""


def display_name(text: str) -> str:
    """The normalised form of a person's name. Errors: `NameRefused`."""
    return _normalise(text, "name", NAME_CHARACTERS_MAX)


def title(text: str) -> str:
    """The normalised form of a room's title. Errors: `NameRefused`."""
    return _normalise(text, "title", TITLE_CHARACTERS_MAX)


def passcode(text: str) -> str:
    """The normalised form of a passcode; empty for none. Errors: `NameRefused`."""
    return _normalise(text, "passcode", PASSCODE_CHARACTERS_MAX) if text.strip() else ""


def _normalise(text: str, what: str, characters_max: int) -> str:
    too_long = f"This {what} is too long. Use at most {characters_max} characters."
    if len(text) > 8 * characters_max:
        # Refused unread: nobody means this, and normalising costs time.
        raise NameRefused(too_long)
    text = " ".join(text.split())
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise NameRefused(
            f"This {what} holds characters that cannot be shown. Use letters, digits and signs."
        )
    text = unicodedata.normalize("NFC", text)
    text = " ".join("".join(_kept(text)).split())
    if not any(unicodedata.category(character)[0] in "LNSP" for character in text):
        raise NameRefused(f"Give a {what} with at least one letter or sign.")
    if len(text) > characters_max:
        raise NameRefused(too_long)
    if _marks_in_a_row(text) > MARKS_IN_A_ROW_MAX:
        raise NameRefused(f"This {what} stacks too many accents. Use fewer.")
    return unicodedata.normalize("NFC", text)


def _kept(text: str) -> list[str]:
    """The characters without invisible ones, private ones and unassigned ones."""
    kept: list[str] = []
    for index, character in enumerate(text):
        category = unicodedata.category(character)
        if character in _ZERO_WIDTH_JOINERS:
            if kept and index + 1 < len(text) and _joins(kept[-1], text[index + 1]):
                kept.append(character)
        elif category not in ("Cf", "Co", "Cn"):
            kept.append(character)
    return kept


def _joins(before: str, after: str) -> bool:
    """Whether a joiner between the two is spelling, not decoration."""
    if before in _ZERO_WIDTH_JOINERS:
        return False
    if unicodedata.category(after) == "So":
        return (
            before == _EMOJI_TAIL
            or ord(before) in _SKIN_TONES
            or unicodedata.category(before) == "So"
        )
    joining = ord(before) >= _FIRST_JOINING_SCRIPT and ord(after) >= _FIRST_JOINING_SCRIPT
    return (
        joining
        and unicodedata.category(before)[0] in "LM"
        and unicodedata.category(after)[0] in "LM"
    )


def _marks_in_a_row(text: str) -> int:
    longest = current = 0
    for character in text:
        current = current + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        longest = max(longest, current)
    return longest
