"""How a client writes what the door compares."""

from __future__ import annotations

import unicodedata


def normal_passcode(text: str) -> str:
    """The form in which the web server compares what people type."""
    return unicodedata.normalize("NFC", " ".join(text.split()))
