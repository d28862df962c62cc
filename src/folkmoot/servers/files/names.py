"""Names of files: what people called them, made safe to keep, to show and to write. Pure.

A name is for people only: nothing is ever stored under it. So what could harm whoever downloads it
is taken out instead of refused; only code points are judged, as for all names in a log.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote

from folkmoot.protocol.limits import FILE_NAME_CHARACTERS_MAX

NAMELESS: Final = "file"
ENDING_CHARACTERS_MAX: Final = 16
_OUT: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
"""Controls, surrogates, and what turns or hides text: `gpj.exe` must not read as `exe.jpg`."""

_RESERVED: Final = re.compile(r"[\"*:<>?|]")
_DEVICE: Final = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ._()+-]")


def clean(name: str) -> str:
    """The last part of whatever path it was, without what no system takes."""
    name = unicodedata.normalize("NFC", name[:4_000])
    name = _OUT.sub("", name.replace("\\", "/")).rpartition("/")[2]
    name = _RESERVED.sub("_", name).strip(" .")
    if _DEVICE.match(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > ENDING_CHARACTERS_MAX:
        stem, dot, ending = name, "", ""
    room = FILE_NAME_CHARACTERS_MAX - len(dot) - len(ending)
    return stem[:room].rstrip(" .") + dot + ending or NAMELESS


def ending_of(name: str) -> str:
    """What follows the last dot, in lower case; empty when nothing does."""
    stem, _, ending = name.rpartition(".")
    return ending.lower() if stem else ""


def disposition(name: str) -> str:
    """The header that makes a download of it, under this name (RFC 6266)."""
    plain = _PLAIN.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
