"""Tokens: signed statements of this zone that somebody carries, and how they are written. Pure.

A token is `<mark>.<payload>.<signature>` in unpadded base64url: the payload is a MessagePack array,
the signature is HMAC-SHA256 over mark and payload with the zone's key. There is no choice of
algorithm in a token, and the mark is signed, so one kind can never pass as another. What kinds
there are, and what each of them states, is in `tickets`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from abc import abstractmethod
from typing import ClassVar, Final, Self

import msgspec

from folkmoot.errors import Refused, invariant
from folkmoot.protocol.reading import UNREADABLE

KEY_BYTES: Final = 32
TOKEN_CHARACTERS_MAX: Final = 2_048

INVALID: Final = "token_invalid"
"""Refused with it: what is no token, another zone's, of another kind, or changed on its way."""

EXPIRED: Final = "token_expired"
"""Refused with it: a token that was ours, and whose time is over."""

_FORM: Final = re.compile(r"([a-z][0-9])\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})")
_encode: Final = msgspec.msgpack.Encoder().encode


class Token(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """What the kinds of tokens share; each kind is a class, and each statement one of its objects.

    Shape: `mark` tells the kinds apart, and one that was used is never given to another. `audience`
    says who lets its bearer do something for it. `lifetime_ms` is 0 where whoever makes the token
    says how long it lives.
    Units: `expires_ms` in milliseconds since 1970.
    """

    mark: ClassVar[str]
    audience: ClassVar[str]
    lifetime_ms: ClassVar[int] = 0

    @property
    @abstractmethod
    def expires_ms(self) -> int:
        """A field of each kind, in the place that it has among the payload's elements."""

    @classmethod
    def expiry_ms(cls, now_ms: int) -> int:
        """When one that is made now ends."""
        invariant(cls.lifetime_ms > 0, "this kind of token has no lifetime of its own")
        return now_ms + cls.lifetime_ms

    def sign(self, key: bytes) -> str:
        """The text that its bearer gets."""
        payload = _encode(self)
        signature = _signature(key, self.mark, payload)
        return f"{self.mark}.{_to_text(payload)}.{_to_text(signature)}"

    @classmethod
    def verify(cls, key: bytes, text: str, now_ms: int) -> Self:
        """The statement that `text` carries. Errors: `Refused` (`INVALID`, `EXPIRED`)."""
        form = _FORM.fullmatch(text) if len(text) <= TOKEN_CHARACTERS_MAX else None
        if form is None or form[1] != cls.mark:
            raise Refused(INVALID)
        payload = _from_text(form[2])
        if not hmac.compare_digest(_from_text(form[3]), _signature(key, cls.mark, payload)):
            raise Refused(INVALID)
        try:
            statement = msgspec.msgpack.decode(payload, type=cls)
        except UNREADABLE:
            raise Refused(INVALID) from None
        if statement.expires_ms <= now_ms:
            raise Refused(EXPIRED)
        return statement


def _signature(key: bytes, mark: str, payload: bytes) -> bytes:
    invariant(len(key) == KEY_BYTES, "the signing key has the wrong length", bytes=len(key))
    return hmac.new(key, f"folkmoot {mark}\n".encode() + payload, hashlib.sha256).digest()


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _from_text(text: str) -> bytes:
    """The bytes of unpadded base64url; exactly one text stands for some bytes."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise Refused(INVALID) from None
    if _to_text(data) != text:
        raise Refused(INVALID)
    return data
