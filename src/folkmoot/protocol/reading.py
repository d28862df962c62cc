"""What reading bytes of others can raise."""

from __future__ import annotations

from typing import Final

import msgspec

UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
"""What msgspec raises for bytes that are not what they should be; it is not `DecodeError` alone.

Text that is no UTF-8 is a `UnicodeDecodeError`, and what is nested deeply a `RecursionError`: found
by tests/property/test_fuzz.py.
"""
