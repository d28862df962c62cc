"""The lib0 encoding that Yjs uses: numbers, strings, values; read trusting nothing.

Only skipping and checking happens here: a value is walked, never built. What an honest writer
cannot produce is refused, for the libraries that read it later differ in how they fail on it.

Source: lib0 `decoding.js`, `encoding.js`.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from folkmoot.protocol.limits import NESTING_LEVELS_MAX

NUMBER_MAX: Final = (1 << 53) - 1
"""Largest number that JavaScript holds exactly, and that lib0 reads."""

_NUMBER_BYTES_MAX: Final = 8
_PLAIN_JSON: Final = frozenset(("null", "true", "false", "{}", '""'))
_JSON_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_JSON_BRACKET: Final = re.compile(r"[\[\]{}]")

_UNDEFINED, _NULL, _INTEGER, _FLOAT32, _FLOAT64, _BIGINT = 127, 126, 125, 124, 123, 122
_FALSE, _TRUE, _STRING, _OBJECT, _ARRAY, _BINARY = 121, 120, 119, 118, 117, 116
_BYTES_OF: Final = {_UNDEFINED: 0, _NULL: 0, _FLOAT32: 4, _FLOAT64: 8, _BIGINT: 8, _FALSE: 0,
                    _TRUE: 0}  # fmt: skip


class UpdateInvalid(Exception):
    """The bytes are not what an honest editor writes; `reason` says what is wrong with them."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def number(value: int) -> bytes:
    """A variable-length unsigned number as it is written."""
    written = bytearray()
    while value > 0x7F:
        written.append(0x80 | (value & 0x7F))
        value >>= 7
    written.append(value)
    return bytes(written)


def sized(data: bytes) -> bytes:
    """Bytes, or a string's UTF-8, with their length before them."""
    return number(len(data)) + data


class Reader:
    """A position in some bytes; each method reads one thing and moves on.

    Errors: every method raises `UpdateInvalid` at a premature end or a forbidden value.
    """

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        try:
            value = self.data[self.at]
        except IndexError:
            raise UpdateInvalid("it ends too early") from None
        self.at += 1
        return value

    def number(self) -> int:
        """A variable-length unsigned number up to `NUMBER_MAX`."""
        try:
            value = self.data[self.at]
        except IndexError:
            raise UpdateInvalid("it ends too early") from None
        self.at += 1
        return value if value < 0x80 else self._number_rest(value & 0x7F)

    def _number_rest(self, value: int) -> int:
        for shift in range(7, 7 * _NUMBER_BYTES_MAX, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value > NUMBER_MAX:
                    break
                return value
        raise UpdateInvalid("a number is over the limit")

    def count(self) -> int:
        """How many things follow that take a byte or more each; readers allocate by it."""
        value = self.number()
        if value > len(self.data) - self.at:
            raise UpdateInvalid("a count is larger than what follows")
        return value

    def block(self) -> bytes:
        """Bytes with their length before them."""
        size_bytes = self.number()
        start = self.at
        self.skip(size_bytes)
        return self.data[start : self.at]

    def skip(self, size_bytes: int) -> None:
        self.at += size_bytes
        if self.at > len(self.data):
            raise UpdateInvalid("it ends too early")

    def string(self) -> str:
        """A string with its length in bytes before it; lone surrogates are refused as UTF-8."""
        size_bytes = self.number()
        start = self.at
        self.skip(size_bytes)
        try:
            return self.data[start : self.at].decode()
        except UnicodeDecodeError:
            raise UpdateInvalid("a string is not UTF-8") from None

    def integer(self) -> None:
        """Skips a signed number: six bits and the sign in the first byte, seven in the others."""
        first = self.byte()
        value, shift, byte = first & 0x3F, 6, first
        while byte & 0x80:
            if shift > 6 + 7 * _NUMBER_BYTES_MAX:
                raise UpdateInvalid("a number is over the limit")
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
        if value > NUMBER_MAX:
            raise UpdateInvalid("a number is over the limit")

    def any(self) -> int:
        """Skips one value and returns how many objects and arrays deep it is."""
        kind = self.byte()
        if kind not in (_ARRAY, _OBJECT):
            self._scalar(kind)
            return 0
        self.at -= 1
        return self._nested()

    def _nested(self) -> int:
        levels = 0
        # Of each open container, innermost last: values still to come, and whether they have keys.
        waiting: list[int] = [1]
        keyed: list[bool] = [False]
        while waiting:
            if not waiting[-1]:
                waiting.pop()
                keyed.pop()
                continue
            waiting[-1] -= 1
            if keyed[-1]:
                self.string()
            kind = self.byte()
            if kind in (_ARRAY, _OBJECT):
                waiting.append(self.count())
                keyed.append(kind == _OBJECT)
                if len(waiting) - 1 > levels:
                    levels = len(waiting) - 1
                    if levels > NESTING_LEVELS_MAX:
                        raise UpdateInvalid("a value is nested too deep")
            else:
                self._scalar(kind)
        return levels

    def _scalar(self, kind: int) -> None:
        if kind == _STRING:
            self.string()
        elif kind == _INTEGER:
            self.integer()
        elif kind == _BINARY:
            self.skip(self.number())
        elif kind in _BYTES_OF:
            self.skip(_BYTES_OF[kind])
        else:
            raise UpdateInvalid("a value is of an unknown kind")

    def json(self) -> int:
        """Skips one value written as JSON in a string; returns how deep it is."""
        return _json_levels(self.string())


def _json_levels(text: str) -> int:
    if text in _PLAIN_JSON:
        return 1 if text == "{}" else 0
    levels = 0
    if "[" in text or "{" in text:
        level = 0
        for bracket in _JSON_BRACKET.finditer(_JSON_STRING.sub("", text)):
            if bracket.group() in "[{":
                level += 1
                if level > levels:
                    levels = level
                    if levels > NESTING_LEVELS_MAX:
                        raise UpdateInvalid("a value is nested too deep")
            else:
                level -= 1
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise UpdateInvalid("a value is not JSON") from None
    return levels
