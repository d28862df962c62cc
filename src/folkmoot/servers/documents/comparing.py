"""The smallest sensible difference between two texts or lists. Pure.

What stays the same is not touched, so carets in it stay, and what others write into it survives.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from typing import Final

_WORDS: Final = re.compile(r"\w+|\W")
WORK_MAX: Final = 4_000_000
"""Pairs of parts that are compared; beyond it the whole of what differs is replaced."""

Change = tuple[int, int, int, int]
"""Of the old from, up to; of the new from, up to; in the order of both."""


def list_changes(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Change]:
    """Which parts of the old become which of the new."""
    begin = 0
    shorter = min(len(old), len(new))
    while begin < shorter and old[begin] == new[begin]:
        begin += 1
    behind = 0
    while behind < shorter - begin and old[-1 - behind] == new[-1 - behind]:
        behind += 1
    old_end, new_end = len(old) - behind, len(new) - behind
    if begin == old_end and begin == new_end:
        return []
    if begin in (old_end, new_end) or (old_end - begin) * (new_end - begin) > WORK_MAX:
        return [(begin, old_end, begin, new_end)]
    matcher = SequenceMatcher(None, old[begin:old_end], new[begin:new_end], autojunk=False)
    return [
        (a + begin, b + begin, c + begin, d + begin)
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]


def text_changes(old: str, new: str) -> list[Change]:
    """The same for texts: by lines, and within lines that differ by words."""
    changes: list[Change] = []
    for change in _by_parts(old, new, 0, 0, old.splitlines(True), new.splitlines(True)):
        a, b, c, d = change
        words = _WORDS.findall(old[a:b]), _WORDS.findall(new[c:d])
        changes += _by_parts(old, new, a, c, *words)
    return changes


def _by_parts(
    old: str, new: str, old_at: int, new_at: int, old_parts: list[str], new_parts: list[str]
) -> list[Change]:
    olds, news = _places(old_parts, old_at), _places(new_parts, new_at)
    return [
        (olds[a], olds[b], news[c], news[d]) for a, b, c, d in list_changes(old_parts, new_parts)
    ]


def _places(parts: Sequence[str], at: int) -> list[int]:
    places = [at]
    for part in parts:
        places.append(places[-1] + len(part))
    return places
