"""Objects that the log, a bucket or a ticket names: they are there, or were deleted since.

A replica of the store may not know yet what was just stored: for an instant, or for as long as the
store is without a leader. So before anybody is told that such an object is gone, its leader is
asked; until that answers, the store counts as away.
"""

from __future__ import annotations

from folkmoot.ports import ObjectInfo, Objects


async def get_named(objects: Objects, name: str) -> bytes | None:
    """The bytes, or None when nobody has them. Errors: `Damaged`, `LogUnavailable`."""
    data = await objects.get(name)
    if data is None:
        await objects.check_gone(name)
    return data


async def describe_named(objects: Objects, name: str) -> ObjectInfo | None:
    """What is stored, or None when nobody has it. Errors: `Damaged`, `LogUnavailable`."""
    info = await objects.describe(name)
    if info is None:
        await objects.check_gone(name)
    return info
