"""Which web pages may connect. Pure.

A browser says in `Origin` whose page opens a connection; a page of another site must not act with
a person's network position. Programs that are no browsers send none and are let in: the tokens
decide about them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_ORIGIN: Final = re.compile(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_HOST: Final = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
HOST_CHARACTERS_MAX: Final = 255


def host_sane(host: str) -> bool:
    """Whether a Host header is one name or address with an optional port."""
    return len(host) <= HOST_CHARACTERS_MAX and bool(_HOST.fullmatch(host.lower()))


def origin_of(url: str) -> str:
    """The Origin of pages at this address, as browsers write it; empty when it is none."""
    page = _ORIGIN.fullmatch(url.rstrip("/").lower())
    if page is None:
        return ""
    port = "" if page[3] in (None, _DEFAULT_PORTS[page[1]]) else f":{page[3]}"
    return f"{page[1]}://{page[2]}{port}"


def origins_of(urls: Iterable[str]) -> frozenset[str]:
    """The origins of these addresses; those that are none are left out."""
    return frozenset(map(origin_of, set(urls))) - {""}


def origin_allowed(origin: str | None, host: str, allowed: frozenset[str] = frozenset()) -> bool:
    """Whether a request with this Origin to this Host may go on.

    Shape: true without an Origin, for one of the request's own host and port, and for one that is
    listed in `allowed` (as `https://example.org`); false for `null` and anything else.
    """
    if origin is None:
        return True
    origin = origin.lower()
    if origin in allowed:
        return True
    if len(origin) > HOST_CHARACTERS_MAX + 16 or not host_sane(host):
        return False
    page = _ORIGIN.fullmatch(origin)
    here = _HOST.fullmatch(host.lower())
    if page is None or here is None or page[2] != here[1]:
        return False
    default = _DEFAULT_PORTS[page[1]]
    return (page[3] or default) == (here[2] or default)
