"""The base of everything that all replicas hold alike at a position."""

from __future__ import annotations

import msgspec


class State(msgspec.Struct, omit_defaults=True):
    """Base of everything that replicas hold alike.

    A field at its default is not encoded, so a field that a later version adds changes neither the
    digest nor a snapshot until something is put in it; and that is for a higher level to do. A new
    field therefore has a default. A struct that is `array_like` never gets one.
    """
